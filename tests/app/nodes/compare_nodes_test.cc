// Whether nodes agree, from what they said of themselves (reports-and-labels.md, "nodes compare").
#include "app/nodes/compare_nodes.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace baokms::app {
namespace {

constexpr core::UnixSeconds kCompared = 1'700'000'000;  // 2023-11-14T22:13:20Z

NodeStatus On(const std::string& name, std::int64_t version) {
  return {.node = name,
          .source = "health",
          .taken_at = kCompared - 12,
          .program_version = "v0.1.0",
          .identity_fingerprint = "cfg1.ours",
          .ready = true,
          .version = version,
          .key_id_hash = "hash" + std::to_string(version)};
}

NodeStatus WithPending(NodeStatus node, std::int64_t version) {
  node.pending_version = version;
  node.pending_key_id_hash = "hash" + std::to_string(version);
  node.pending_promotes_after = kCompared + 151;
  return node;
}

// As asked on the socket.
NodeStatus OnSocket(const std::string& name, const std::string& hash) {
  return {
      .node = name, .source = "socket", .taken_at = kCompared, .ready = true, .key_id_hash = hash};
}

// The one difference there must be.
Difference Only(const Comparison& comparison) {
  REQUIRE(comparison.differences.size() == 1);
  CHECK_FALSE(comparison.differences[0].advice.empty());
  return comparison.differences[0];
}

bool Warns(const Comparison& comparison, std::string_view words) {
  return std::ranges::any_of(comparison.warnings,
                             [&](const std::string& warning) { return warning.contains(words); });
}

}  // namespace

TEST_CASE("Nodes: equal ones have neither a difference nor a warning") {
  const Comparison same = CompareNodes({On("a", 2), On("b", 2), On("c", 2)}, kCompared);
  CHECK(same.differences.empty());
  CHECK(same.warnings.empty());
}

TEST_CASE("Nodes: another fingerprint is told with the nodes that have it") {
  NodeStatus other = On("c", 2);
  other.identity_fingerprint = "cfg1.theirs";
  const Difference found = Only(CompareNodes({On("a", 2), On("b", 2), other}, kCompared));
  CHECK(found.field == "identityFingerprint");
  CHECK(found.message == "the identity fingerprint is cfg1.ours on a and b; cfg1.theirs on c");
  CHECK_FALSE(found.explained_by_pending);
}

TEST_CASE(
    "Nodes: a node that has the others' version pending is normal until a time that is said") {
  const Difference found =
      Only(CompareNodes({On("a", 2), WithPending(On("b", 1), 2), On("c", 2)}, kCompared));
  CHECK(found.field == "activeTransitVersion");
  CHECK(found.message == "the active version is 1 on b; 2 on a and c");
  CHECK(found.explained_by_pending);
  CHECK(
      found.advice.starts_with("a rotation is under way, and this is normal until it is over: b "
                               "has version 2 pending and will use it at 2023-11-14T22:15:51Z at "
                               "the earliest (in 2 min 31 s); take the outputs again"));
  // The last of several; one that skips a version.
  NodeStatus later = WithPending(On("c", 1), 3);
  later.pending_promotes_after = kCompared + 200;
  const Difference two =
      Only(CompareNodes({On("a", 2), WithPending(On("b", 1), 2), later}, kCompared));
  CHECK(two.explained_by_pending);
  CHECK(
      two.advice.contains("b and c have a newer version pending and will use it at "
                          "2023-11-14T22:16:40Z"));
  later.pending_promotes_after = kCompared - 60;
  CHECK(Only(CompareNodes({On("a", 2), later}, kCompared)).advice.contains("(that time is over)"));
}

TEST_CASE("Nodes: a node that has not seen the others' version is no normal rotation") {
  const Difference found =
      Only(CompareNodes({On("a", 2), WithPending(On("b", 1), 2), On("c", 1)}, kCompared));
  CHECK_FALSE(found.explained_by_pending);
  CHECK(found.advice.contains("b has version 2 pending"));
  CHECK(found.advice.contains("c has not seen version 2 yet"));
}

TEST_CASE("Nodes: one version with two key_ids is told wherever it is pending or active") {
  NodeStatus other = On("b", 2);
  other.key_id_hash = "another";
  Difference found = Only(CompareNodes({On("a", 2), other}, kCompared));
  CHECK(found.field == "activeKeyIdHash");
  CHECK(found.message == "the key_id hash of version 2 is another on b; hash2 on a");
  CHECK(found.advice.contains("same OpenBao"));

  NodeStatus pending = WithPending(On("b", 1), 2);
  pending.pending_key_id_hash = "another";
  const Comparison both = CompareNodes({On("a", 2), pending}, kCompared);
  REQUIRE(both.differences.size() == 2);
  CHECK(both.differences[1].message == "the key_id hash of version 2 is another on b; hash2 on a");

  other.identity_fingerprint = "cfg1.theirs";
  const Comparison reason = CompareNodes({On("a", 2), other}, kCompared);
  REQUIRE(reason.differences.size() == 2);
  CHECK(reason.differences[1].advice.contains("different fingerprints are the reason"));
}

TEST_CASE("Nodes: on the socket a hash alone is compared") {
  const Comparison same = CompareNodes({On("a", 2), OnSocket("b", "hash2")}, kCompared);
  CHECK(same.differences.empty());
  CHECK(Warns(same, "the identity fingerprint of b is not in the output"));

  Difference found = Only(CompareNodes({On("a", 2), OnSocket("b", "other")}, kCompared));
  CHECK(found.message == "the active key_id hash is hash2 on a; other on b");
  CHECK_FALSE(found.explained_by_pending);
  CHECK_FALSE(
      Only(CompareNodes({OnSocket("a", "x"), OnSocket("b", "y")}, kCompared)).explained_by_pending);

  found = Only(CompareNodes({WithPending(On("a", 1), 2), OnSocket("b", "hash2")}, kCompared));
  CHECK(found.explained_by_pending);
  CHECK(found.advice.contains("a has version 2 pending"));
}

TEST_CASE("Nodes: amid a rotation a hash of no version that is known is told by itself") {
  const std::vector<NodeStatus> nodes = {WithPending(On("a", 1), 2), On("b", 2)};
  std::vector<NodeStatus> known = nodes;
  known.push_back(OnSocket("c", "hash2"));
  CHECK(Only(CompareNodes(known, kCompared)).explained_by_pending);

  std::vector<NodeStatus> foreign = nodes;
  foreign.push_back(OnSocket("c", "other"));
  const Comparison found = CompareNodes(foreign, kCompared);
  REQUIRE(found.differences.size() == 2);
  CHECK(found.differences[1].message ==
        "the active key_id hash is other on c, which no node that tells its versions has active "
        "or pending");
  CHECK_FALSE(found.differences[1].explained_by_pending);
}

TEST_CASE("Nodes: one that does not say under which key it encrypts is no agreement") {
  const NodeStatus silent{.node = "b", .source = "none", .taken_at = kCompared};
  Difference found = Only(CompareNodes({On("a", 2), silent}, kCompared));
  CHECK(found.message == "it is not known under which key b encrypts: no provider answered there");
  NodeStatus starting = On("b", 0);
  starting.key_id_hash = "";
  starting.ready = false;
  starting.reasons = {"status_stale", "metadata_read_failed"};
  const Comparison not_ready = CompareNodes({On("a", 2), starting}, kCompared);
  CHECK(Only(not_ready).message.ends_with("it has no active key"));
  CHECK(Warns(not_ready, "b was not ready (status_stale and metadata_read_failed)"));
}

TEST_CASE("Nodes: other programs and a rotation that all await are warnings") {
  NodeStatus newer = On("b", 2);
  newer.program_version = "v0.2.0";
  const Comparison programs = CompareNodes({On("a", 2), newer}, kCompared);
  CHECK(programs.differences.empty());
  CHECK(Warns(programs, "the program is v0.1.0 on a; v0.2.0 on b"));
  const Comparison pending = CompareNodes({WithPending(On("a", 1), 2), On("b", 1)}, kCompared);
  CHECK(pending.differences.empty());
  CHECK(Warns(pending, "a rotation is under way: pending is version 2 on a"));
}

TEST_CASE("Nodes: outputs that are old or far apart or without a time are warned of") {
  const auto at = [](const std::string& name, std::optional<core::UnixSeconds> taken) {
    NodeStatus node = On(name, 2);
    node.taken_at = taken;
    return node;
  };
  const auto compare = [&](std::optional<core::UnixSeconds> a, std::optional<core::UnixSeconds> b) {
    return CompareNodes({at("a", a), at("b", b)}, kCompared);
  };
  CHECK(compare(kCompared - 120, kCompared).warnings.empty());
  CHECK(Warns(compare(kCompared - 121, kCompared), "taken 2 min 1 s apart"));
  CHECK(compare(kCompared - 600, kCompared - 600).warnings.empty());
  CHECK(Warns(compare(kCompared - 601, kCompared - 601), "the oldest output is 10 min 1 s old"));
  CHECK(compare(kCompared + 300, kCompared + 300).warnings.empty());
  CHECK(Warns(compare(kCompared + 301, kCompared + 301), "from the future by 5 min 1 s"));
  CHECK(Warns(compare(std::nullopt, kCompared), "when the output of a was taken"));
}

}  // namespace baokms::app
