// The order of a save and what it makes of a failure (registry-and-rotation.md, "Save").
#include "core/registry/registry_save.h"

#include <doctest/doctest.h>

#include "tests/support/core/builders.h"
#include "tests/support/ports/memory_state_store.h"

namespace baokms::core {
namespace {

using baokms::testing::MemoryStateStore;
using Log = std::vector<std::string>;

// The files hold `first`, and `next` is to follow it.
struct SaveBench {
  Registry first = testing::FirstRegistry();
  Registry next = testing::NextOf(first);
  MemoryStateStore store{first};

  SaveResult Save() { return SaveRegistry(store, {.published = first, .next = next}); }
  bool Holds(const Registry& state, const Registry& checkpoint) const {
    return store.files.state == state.ToDocument() &&
           store.files.checkpoint == checkpoint.ToCheckpoint();
  }
};

TEST_CASE("SaveRegistry: the files are looked at first and the state comes before its checkpoint") {
  SaveBench b;
  CHECK(b.Save() == SaveResult::kSaved);
  CHECK(b.store.log == Log{"load", "state", "checkpoint"});
  CHECK(b.Holds(b.next, b.next));
}

TEST_CASE("SaveRegistry: a first state is written where there are no files") {
  SaveBench b;
  b.store.files = {};
  CHECK(SaveRegistry(b.store, {.published = std::nullopt, .next = b.first}) == SaveResult::kSaved);
  CHECK(b.Holds(b.first, b.first));
}

TEST_CASE("SaveRegistry: what another hand wrote is left alone") {
  SaveBench b;
  const Registry other = testing::NextOf(testing::NextOf(b.next));
  b.store.Hold(other);
  CHECK(b.Save() == SaveResult::kForked);
  CHECK(b.store.log == Log{"load"});
  CHECK(b.Holds(other, other));
}

TEST_CASE("SaveRegistry: files that cannot be read are not written") {
  SaveBench b;
  b.store.fail_load = true;
  CHECK(b.Save() == SaveResult::kFailed);
  CHECK(b.store.log == Log{"load!"});
}

TEST_CASE("SaveRegistry: a failed state leaves the checkpoint alone and both files as they were") {
  SaveBench b;
  b.store.fail_state = true;
  CHECK(b.Save() == SaveResult::kFailedFilesUnchanged);
  CHECK(b.store.log == Log{"load", "state!", "load"});
  CHECK(b.Holds(b.first, b.first));
}

TEST_CASE("SaveRegistry: a failed checkpoint leaves the state ahead and the same save mends it") {
  SaveBench b;
  b.store.fail_checkpoint = true;
  CHECK(b.Save() == SaveResult::kFailed);
  CHECK(b.Holds(b.next, b.first));
  b.store.fail_checkpoint = false;
  CHECK(b.Save() == SaveResult::kSaved);
  CHECK(b.Holds(b.next, b.next));
}

TEST_CASE("SaveRegistry: a first save that failed never counts as unchanged") {
  SaveBench b;
  b.store.files = {};
  b.store.fail_state = true;
  CHECK(SaveRegistry(b.store, {.published = std::nullopt, .next = b.first}) == SaveResult::kFailed);
}

TEST_CASE("SaveRegistry: files that cannot be read after a failure do not count as unchanged") {
  SaveBench b;
  b.store.fail_state = true;
  b.store.before_save = [&] { b.store.fail_load = true; };
  CHECK(b.Save() == SaveResult::kFailed);
  CHECK(b.store.log == Log{"load", "state!", "load!"});
}

}  // namespace
}  // namespace baokms::core
