// One step of one node: an event is fed to the real keeper and its actions are carried out in the
// order that app/serve/key_driver.cc does, over files that may fail. The observer's memory is
// brought forward and every rule of node_rules.h is judged.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "tests/unit/model_check/node.h"
#include "tests/unit/model_check/setting.h"
#include "tests/unit/model_check/transit_key.h"

namespace baokms::core::model_check {

// How a deep probe ends.
enum class DeepEnd : std::uint8_t { kGood, kAway, kRefused };

class NodeStep {
 public:
  NodeStep(const Setting& setting, const Node& node, DiskFaultPlan plan = {});

  // Each at most once, and only where its comment allows it.
  void Start();                              // a stopped node that was not refused
  void Stop();                               // a running one
  void Tick();                               // see MayTick
  void ReadSucceeds(const TransitKey& key);  // a read is under way
  void ReadFails();
  void ReadFindsUpsertAllowed();
  void ProbeEnds(DeepEnd end);       // a deep probe is under way
  void Discover(Identity identity);  // a running node whose handlers ask for it
  void LearnThatOpenBaoAnswers();
  void JumpWallClock(UnixSeconds by);  // any node
  void Tamper(const Disk& tampered);   // any node
  void LoseFiles();                    // any node, which stops by it
  // An operator's command with --apply, on a stopped node. What core refuses changes nothing.
  void Retire(const TransitKey& key, int before_version);
  void Restore(const TransitKey& key, int version);
  // Of a stopped node without a state, by what OpenBao lists alone.
  void Recover(const TransitKey& key);

  const Node& node() const { return node_; }
  // Why this step must not be possible; empty: it is fine.
  const std::string& violation() const { return violation_; }
  const std::vector<DiskOperation>& operations() const { return store_.operations(); }
  // How a regular metadata probe that ended in this step went.
  std::optional<bool> regular_probe() const { return regular_probe_; }

 private:
  void Handle(KeeperEvent event);
  void Do(const ReadMetadata& action);
  void Do(const DeepProbe& action);
  void Do(const Save& action);
  void Do(const Publish&) { node_.view = node_.keeper->view(); }
  void Do(const AnswerDiscovery&) {}
  void Do(const MetadataProbeEnded& action);
  void Do(const DeepProbeEnded&) {}
  void Do(const Promoted& action);
  void Do(const CandidateFound&) {}
  void Do(const UndecryptableChanged&) {}
  void Do(const WallClockRegressed&) {}

  template <typename Plan>
  void ApplyPlan(Plan plan);
  // A regular observation, judged against `known`, for the rules on promotion.
  void Remember(const TransitKey& seen, const Registry* known);
  void Die();
  void Judge();
  void Broken(const std::string& rule) {
    if (violation_.empty()) violation_ = rule;
  }

  const Setting& setting_;
  Node before_;
  Node node_;
  PlannedStore store_;
  std::deque<KeeperEvent> events_;
  std::string violation_;
  int promotions_ = 0;
  const TransitKey* read_ = nullptr;
  std::optional<bool> regular_probe_;
};

// A stopped node waits for its start; a call under way ends by its deadline.
bool MayTick(const Setting& setting, const Node& node);

}  // namespace baokms::core::model_check
