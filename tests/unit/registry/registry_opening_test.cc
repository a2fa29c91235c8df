// Opening the registry at start: the lock first, then the two files, and what a person is told.
#include "core/registry/registry_opening.h"

#include <doctest/doctest.h>

#include "tests/support/core/builders.h"
#include "tests/support/ports/memory_state_store.h"

namespace baokms::core {
namespace {

using baokms::testing::MemoryStateStore;
using testing::Bind;
using testing::FirstRegistry;
using Log = std::vector<std::string>;

Registry WithCandidate(const Registry& registry) {
  auto snapshots = registry.snapshots();
  snapshots.insert(snapshots.begin(), testing::Candidate(2, 1));
  auto next = registry.Next(std::move(snapshots));
  REQUIRE(next);
  return *std::move(next);
}

std::string RefusedOpening(MemoryStateStore& store) {
  const auto opened = OpenRegistry(store, Bind());
  REQUIRE_FALSE(opened);
  return opened.error();
}

}  // namespace

TEST_CASE("Open: a lock that another process holds names it and the files stay unread") {
  MemoryStateStore store(FirstRegistry());
  store.fail_lock = true;
  store.problem = {
      .kind = ports::StateProblemKind::kLocked, .text = "another writer", .holder_pid = 4711};
  const std::string held = "state.path: another provider serves with this state";
  const std::string refused = RefusedOpening(store);
  CHECK(refused.starts_with(held));
  CHECK(refused.ends_with(" (process 4711)"));
  CHECK(store.log == Log{"lock!"});
  store.problem.holder_pid = 0;
  CHECK(RefusedOpening(store).starts_with(held));
  CHECK_FALSE(RefusedOpening(store).contains("process"));
}

TEST_CASE("Open: without files there is no registry and nothing is written") {
  MemoryStateStore store;
  const auto opened = OpenRegistry(store, Bind());
  REQUIRE(opened);
  CHECK_FALSE(opened->has_value());
  CHECK(store.log == Log{"lock", "load"});
}

TEST_CASE("Open: a state with its checkpoint is taken as it is") {
  MemoryStateStore store(WithCandidate(FirstRegistry()));
  const auto opened = OpenRegistry(store, Bind());
  REQUIRE(opened);
  REQUIRE(opened->has_value());
  CHECK(**opened == WithCandidate(FirstRegistry()));
  CHECK(store.log == Log{"lock", "load"});
}

TEST_CASE("Open: a checkpoint one generation behind or missing at the first is brought forward") {
  MemoryStateStore behind(FirstRegistry());
  behind.files.state = WithCandidate(FirstRegistry()).ToDocument();
  const auto opened = OpenRegistry(behind, Bind());
  REQUIRE(opened);
  CHECK(behind.log == Log{"lock", "load", "checkpoint"});
  CHECK(behind.files.checkpoint == WithCandidate(FirstRegistry()).ToCheckpoint());

  MemoryStateStore missing(FirstRegistry());
  missing.files.checkpoint.reset();
  REQUIRE(OpenRegistry(missing, Bind()));
  CHECK(missing.files.checkpoint == FirstRegistry().ToCheckpoint());
}

TEST_CASE("Open: a checkpoint that cannot be brought forward is a refusal") {
  MemoryStateStore store(FirstRegistry());
  store.files.checkpoint.reset();
  store.fail_checkpoint = true;
  store.problem.text = "the directory is read-only";
  CHECK(RefusedOpening(store) == "state.path: the directory is read-only");
}

TEST_CASE("Open: an older state behind a newer checkpoint says ROLLBACK and is left alone") {
  MemoryStateStore store(WithCandidate(FirstRegistry()));
  store.files.state = FirstRegistry().ToDocument();
  CHECK(RefusedOpening(store).starts_with("state.path: ROLLBACK: "));
  CHECK(store.log == Log{"lock", "load"});
  CHECK(store.files.state == FirstRegistry().ToDocument());
}

TEST_CASE("Open: files that cannot be read are a refusal with their own text") {
  MemoryStateStore store(FirstRegistry());
  store.fail_load = true;
  store.problem = {.kind = ports::StateProblemKind::kUnsafeFile, .text = "the file is a symlink"};
  CHECK(RefusedOpening(store) == "state.path: the file is a symlink");
}

TEST_CASE("Read: a look at the state takes no lock and mends nothing") {
  MemoryStateStore store(FirstRegistry());
  store.files.state = WithCandidate(FirstRegistry()).ToDocument();
  const auto behind = ReadRegistry(store, Bind());
  REQUIRE(behind);
  CHECK(*behind->recovered.registry == WithCandidate(FirstRegistry()));
  CHECK(behind->recovered.checkpoint == CheckpointStatus::kBehind);
  CHECK(behind->checkpoint == FirstRegistry().ToCheckpoint());
  CHECK(store.log == Log{"load"});

  MemoryStateStore empty;
  const auto absent = ReadRegistry(empty, Bind());
  REQUIRE(absent);
  CHECK_FALSE(absent->recovered.registry.has_value());
  CHECK(absent->recovered.checkpoint == CheckpointStatus::kAbsent);
  CHECK(empty.log == Log{"load"});

  store.files.checkpoint.reset();
  const auto refused = ReadRegistry(store, Bind());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().starts_with("state.path: "));
}

TEST_CASE("Open: the state of another configuration is a refusal") {
  ProviderIdentity other = testing::TestIdentity();
  other.cluster_id = "workload-b";
  MemoryStateStore store(FirstRegistry(Bind(other)));
  CHECK(RefusedOpening(store).starts_with("state.path: "));
  CHECK(store.log == Log{"lock", "load"});
}

}  // namespace baokms::core
