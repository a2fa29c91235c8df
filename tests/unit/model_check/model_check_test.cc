// Every order of what can happen to a few nodes and their key, within a bound that each case prints
// (docs/model-check.md). Builds with instruments take a smaller bound, and print that.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "tests/unit/model_check/explorer.h"

namespace baokms::core::model_check {
namespace {

#ifdef BAOKMS_MODEL_CHECK_FULL
constexpr bool kFull = true;
#else
constexpr bool kFull = false;
#endif

// More than any bound below needs: a model that has come to grow without end fails.
constexpr std::size_t kAtMost = 40'000'000;

Setting Bounded(Setting setting) {
  if (kFull) return setting;
  setting.nodes = std::min(setting.nodes, 2);
  setting.versions = 2;
  setting.faults = setting.nodes == 1 ? std::min(setting.faults, 1) : 0;
  setting.changes = std::min(setting.changes, 1);
  setting.check_rest = setting.nodes == 2;  // the slowest of all where much happens to one
  return setting;
}

const char* Words(Losses losses) {
  switch (losses) {
    case Losses::kNone:
      return "";
    case Losses::kAmongOthers:
      return ", state files lost and recovered";
    case Losses::kAlone:
      return ", state files lost and recovered and nothing else";
  }
  return "";
}

std::string Describe(const Setting& s) {
  const auto count = [](int number, const char* what) {
    return std::to_string(number) + " " + what + (number == 1 ? ", " : "s, ");
  };
  return count(s.nodes, "node") + count(s.versions - 1, "rotation") + count(s.faults, "fault") +
         count(s.changes, "operator's change") + "activation delay of " +
         std::to_string(s.delay_ticks) + " ticks" + (s.slow_calls ? ", slow calls" : "") +
         (s.news_of_answers ? ", news of answers" : "") +
         (s.transit_restores ? ", Transit restored from a backup" : "") + Words(s.losses) +
         (s.reject_version_rollback ? "" : ", version rollback tolerated") +
         (kFull ? "" : " (reduced: instrumented build)");
}

// `met`: steps that the exploration must have come to, so that it proves something.
void CheckAll(const Setting& wanted, std::size_t at_least, std::initializer_list<const char*> met) {
  const Setting setting = Bounded(wanted);
  const Exploration found = Explore(setting, kAtMost);
  std::printf(
      "bound: %s\n%zu worlds, %zu transitions, depth %d; %zu states of a node from %zu steps of "
      "core; %.1f s\n",
      Describe(setting).c_str(), found.worlds, found.transitions, found.depth, found.node_states,
      found.node_steps, found.seconds);
  REQUIRE_MESSAGE(found.counterexample.empty(), found.counterexample);
  CHECK_FALSE(found.cut_short);
  if (!kFull) return;
  CHECK(found.worlds >= at_least);
  for (const char* label : met) {
    CHECK_MESSAGE(std::ranges::find(found.labels, label) != found.labels.end(),
                  "never met: ", label);
  }
}

TEST_CASE("Model: one node keeps every rule over failed and cut saves and slow calls") {
  CheckAll({.nodes = 1, .faults = 2, .changes = 0, .slow_calls = true, .check_rest = true}, 50'000,
           {"encrypts under v2", "starts; the new checkpoint is written and then the process dies",
            "sees its wall clock jump back", "is asked to decrypt a stray key_id"});
}

TEST_CASE("Model: one node keeps every rule whenever it learns that OpenBao answers again") {
  CheckAll({.nodes = 1, .faults = 1, .changes = 0, .slow_calls = true, .news_of_answers = true},
           10'000, {"encrypts under v2", "learns that OpenBao answers again"});
}

TEST_CASE("Model: one node keeps every rule without an activation delay") {
  CheckAll({.nodes = 1, .faults = 2, .changes = 0, .delay_ticks = 0, .check_rest = true}, 10'000,
           {"encrypts under v2"});
}

TEST_CASE("Model: one node keeps every rule while an operator retires and restores and trims") {
  CheckAll({.nodes = 1, .faults = 1, .changes = 4, .check_rest = true}, 50'000,
           {"retires versions below 2", "restores version 1", "versions below 2 are trimmed",
            "retires versions below 2; the new state is written and then the process dies"});
}

TEST_CASE("Model: one node rotates and retires on below a minimum that was raised at any point") {
  CheckAll({.nodes = 1, .versions = 3, .faults = 1, .changes = 2}, 50'000,
           {"encrypts under v3", "retires versions below 2", "min_decryption_version is set to 2",
            "min_decryption_version is set to 3"});
}

TEST_CASE("Model: two nodes find a newer version below a minimum that was raised at any point") {
  CheckAll({.nodes = 2, .versions = 3, .faults = 0, .changes = 1, .check_rest = true}, 100'000,
           {"encrypts under v3", "is asked to decrypt v3", "min_decryption_version is set to 2",
            "min_decryption_version is set to 3"});
}

TEST_CASE("Model: two nodes decrypt what the other wrote whatever fails and whatever is changed") {
  CheckAll({.nodes = 2, .faults = 1, .changes = 1, .check_rest = true}, 1'000'000,
           {"encrypts under v2", "is asked to decrypt v2", "min_decryption_version is set to 2",
            "min_encryption_version is set to 2", "stops"});
}

TEST_CASE("Model: two nodes decrypt what the other wrote when two things fail") {
  CheckAll({.nodes = 2, .faults = 2, .changes = 0, .check_rest = true}, 1'000'000,
           {"encrypts under v2", "is asked to decrypt v2", "stops"});
}

TEST_CASE("Model: two nodes decrypt what the other wrote over versions that one never promoted") {
  CheckAll({.nodes = 2, .versions = 3, .faults = 1, .changes = 0}, 1'000'000,
           {"encrypts under v3", "is asked to decrypt v3"});
}

TEST_CASE("Model: two nodes are never healthy on a key that was restored and rotated again") {
  CheckAll({.nodes = 2, .faults = 0, .changes = 2, .transit_restores = true, .check_rest = true},
           1'000'000, {"encrypts under v2'"});
  CheckAll({.nodes = 2,
            .faults = 0,
            .changes = 1,
            .transit_restores = true,
            .reject_version_rollback = false},
           100'000, {"encrypts under v2'"});
}

TEST_CASE("Model: one node that loses its state files recovers them and keeps every rule") {
  CheckAll(
      {.nodes = 1, .faults = 2, .changes = 2, .losses = Losses::kAmongOthers, .check_rest = true},
      50'000,
      {"encrypts under v2", "loses its state files", "recovers its state",
       "recovers its state; the new state is written and then the process dies",
       "finds a checkpoint without a state", "min_decryption_version is set to 2"});
}

TEST_CASE("Model: a node that recovers beside another takes nothing back and decrypts all") {
  CheckAll(
      {.nodes = 2, .faults = 1, .changes = 1, .losses = Losses::kAmongOthers, .check_rest = true},
      1'000'000,
      {"encrypts under v2", "is asked to decrypt v2", "loses its state files",
       "recovers its state"});
}

TEST_CASE("Model: two nodes that both lose their state files recover them and decrypt all") {
  CheckAll({.nodes = 2, .versions = 3, .faults = 3, .changes = 3, .losses = Losses::kAlone},
           100'000,
           {"encrypts under v3", "is asked to decrypt v3", "loses its state files",
            "recovers its state"});
}

TEST_CASE("Model: three nodes that all lose their state files recover them and decrypt all") {
  CheckAll({.nodes = 3, .faults = 3, .changes = 3, .losses = Losses::kAlone}, 100'000,
           {"encrypts under v2", "is asked to decrypt v2", "loses its state files",
            "recovers its state"});
}

TEST_CASE("Model: three nodes decrypt what the others wrote whatever fails") {
  CheckAll({.nodes = 3, .faults = 1, .changes = 0}, 1'000'000,
           {"encrypts under v2", "is asked to decrypt v2", "stops"});
}

TEST_CASE("Model: three nodes decrypt what the others wrote whatever is changed") {
  CheckAll({.nodes = 3, .faults = 0, .changes = 1}, 1'000'000,
           {"encrypts under v2", "is asked to decrypt v2", "min_decryption_version is set to 2"});
}

}  // namespace
}  // namespace baokms::core::model_check
