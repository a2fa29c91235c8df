// An operator's change on disk (registry-and-rotation.md, "Save").
#include <doctest/doctest.h>

#include "core/registry/registry_save.h"
#include "tests/support/core/builders.h"
#include "tests/support/ports/memory_state_store.h"

namespace baokms::core {
namespace {

using baokms::testing::MemoryStateStore;
using testing::FirstRegistry;
using testing::NextOf;
using Log = std::vector<std::string>;

struct ChangeBench {
  Registry before = FirstRegistry();
  Registry next = NextOf(before);
  MemoryStateStore store{before};

  std::string Failure() {
    const auto saved = SaveConfirmed(store, before.ToDocument(), next);
    REQUIRE_FALSE(saved);
    CHECK(saved.error().starts_with("state.path: "));
    CHECK(
        saved.error().ends_with("print the plan again to see the current state before you retry"));
    return saved.error();
  }
};

}  // namespace

TEST_CASE("Confirmed save: state before checkpoint and then both are read back") {
  ChangeBench bench;
  REQUIRE(SaveConfirmed(bench.store, bench.before.ToDocument(), bench.next));
  CHECK(bench.store.log == Log{"load", "state", "checkpoint", "load"});
  CHECK(bench.store.files.state == bench.next.ToDocument());
  CHECK(bench.store.files.checkpoint == bench.next.ToCheckpoint());
}

TEST_CASE("Confirmed save: a checkpoint that is behind or missing comes forward before the state") {
  ChangeBench bench;
  bench.store.Hold(bench.next);
  bench.store.files.checkpoint = bench.before.ToCheckpoint();
  const Registry third = NextOf(bench.next);
  REQUIRE(SaveConfirmed(bench.store, bench.next.ToDocument(), third));
  CHECK(bench.store.log == Log{"load", "checkpoint", "state", "checkpoint", "load"});
  CHECK(bench.store.files.checkpoint == third.ToCheckpoint());

  ChangeBench first;
  first.store.files.checkpoint.reset();
  // A crash right after the state's save: one ahead, and chained.
  first.store.before_save = [&] {
    CHECK(first.store.files.checkpoint == first.before.ToCheckpoint());
  };
  REQUIRE(SaveConfirmed(first.store, first.before.ToDocument(), first.next));

  ChangeBench failing;
  failing.store.files.checkpoint.reset();
  failing.store.fail_checkpoint = true;
  failing.Failure();
  CHECK(failing.store.log == Log{"load", "checkpoint!"});
}

TEST_CASE("Confirmed save: a state that another process changed is not overwritten") {
  ChangeBench bench;
  bench.store.Hold(NextOf(bench.next));
  CHECK(bench.Failure().starts_with(
      "state.path: another process changed the state in the meantime; nothing was saved; "));
  CHECK(bench.store.log == Log{"load"});
  bench.store.files = {};
  bench.Failure();
  CHECK(bench.store.log == Log{"load", "load"});
}

TEST_CASE("Confirmed save: a save that fails says why and goes no further") {
  ChangeBench bench;
  bench.store.problem.text = "no space is left";
  bench.store.fail_state = true;
  CHECK(bench.Failure().find("no space is left") != std::string::npos);
  CHECK(bench.store.log == Log{"load", "state!"});
  CHECK(bench.store.files.state == bench.before.ToDocument());

  bench.store.fail_state = false;
  bench.store.fail_checkpoint = true;
  CHECK(bench.Failure().find("no space is left") != std::string::npos);
  // One ahead and chained: the next writer brings the checkpoint forward.
  CHECK(bench.store.files.state == bench.next.ToDocument());
  CHECK(bench.store.files.checkpoint == bench.before.ToCheckpoint());
}

TEST_CASE("Confirmed save: files that do not contain what was saved are no success") {
  ChangeBench bench;
  // The disk answers a save and keeps what it had.
  class Forgetful final : public ports::StateStore {
   public:
    explicit Forgetful(ports::StateStore& store) : store_(store) {}
    std::expected<void, ports::StateProblem> Lock() override { return {}; }
    std::expected<ports::StateFiles, ports::StateProblem> Load() override { return store_.Load(); }
    std::expected<void, ports::StateProblem> SaveState(std::string_view) override { return {}; }
    std::expected<void, ports::StateProblem> SaveCheckpoint(std::string_view) override {
      return {};
    }

   private:
    ports::StateStore& store_;
  } forgetful(bench.store);
  const auto saved = SaveConfirmed(forgetful, bench.before.ToDocument(), bench.next);
  REQUIRE_FALSE(saved);
  CHECK(saved.error().find("do not contain what was saved") != std::string::npos);
}

TEST_CASE("Confirmed save: files that cannot be read are not written") {
  ChangeBench bench;
  bench.store.fail_load = true;
  bench.Failure();
  CHECK(bench.store.log == Log{"load!"});
}

TEST_CASE("Rebuilt save: a first state is written where there is none and then its checkpoint") {
  const Registry first = FirstRegistry();
  MemoryStateStore store;
  REQUIRE(SaveRebuilt(store, std::nullopt, first));
  CHECK(store.log == Log{"load", "state", "checkpoint", "load"});
  CHECK(store.files.state == first.ToDocument());
  CHECK(store.files.checkpoint == first.ToCheckpoint());
}

TEST_CASE("Rebuilt save: beside a checkpoint that is left it is the generation after it") {
  const ChangeBench bench;
  MemoryStateStore store;
  store.files.checkpoint = bench.before.ToCheckpoint();
  // A crash right after the state's save: one ahead, and chained.
  store.fail_checkpoint = true;
  CHECK_FALSE(SaveRebuilt(store, bench.before.ToCheckpoint(), bench.next));
  CHECK(store.files.state == bench.next.ToDocument());
  CHECK(store.files.checkpoint == bench.before.ToCheckpoint());
}

TEST_CASE("Rebuilt save: what has come to be there in the meantime is not overwritten") {
  const ChangeBench bench;
  // A state and its checkpoint; a checkpoint; neither, where one was left; a state beside it.
  for (int change = 0; change < 4; ++change) {
    MemoryStateStore store;
    if (change == 0 || change == 3) store.Hold(bench.before);
    if (change == 1) store.files.checkpoint = bench.next.ToCheckpoint();
    const auto left = change >= 2 ? std::optional(bench.before.ToCheckpoint()) : std::nullopt;
    const ports::StateFiles there = store.files;
    const auto saved = SaveRebuilt(store, left, bench.next);
    REQUIRE_FALSE(saved);
    CHECK(saved.error().find("another process changed the state") != std::string::npos);
    CHECK(store.log == Log{"load"});
    CHECK(store.files.state == there.state);
  }
}

}  // namespace baokms::core
