// What becomes of the files under a running provider, and what it may write back.
#include "core/registry/registry_files.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/support/core/builders.h"
#include "tests/support/ports/memory_state_store.h"

namespace baokms::core {
namespace {

using enum SnapshotState;
using baokms::testing::MemoryStateStore;

Registry Published() {
  return testing::RegistryOf({testing::Snapshot(3, kActive), testing::Snapshot(2, kRetired)});
}
Registry Another() { return testing::RegistryOf({testing::Snapshot(4, kActive)}); }

TEST_CASE("State files: those that hold what is served are intact") {
  MemoryStateStore store(Published());
  CHECK(LookAtFiles(store, Published()) == FilesFound::kIntact);
  CHECK(store.log == std::vector<std::string>{"load"});
}

TEST_CASE("State files: one or both that are gone are missing and are written back as they were") {
  for (const int gone : {1, 2, 3}) {
    CAPTURE(gone);
    MemoryStateStore store(Published());
    if ((gone & 1) != 0) store.files.state.reset();
    if ((gone & 2) != 0) store.files.checkpoint.reset();
    CHECK(LookAtFiles(store, Published()) == FilesFound::kMissing);
    CHECK(GiveBackFiles(store, Published()));
    CHECK(store.files.state == Published().ToDocument());
    CHECK(store.files.checkpoint == Published().ToCheckpoint());
    CHECK(store.log[1] == "lock");
  }
}

TEST_CASE("State files: what is not this provider's is replaced and is never overwritten") {
  const auto looks = [](const std::function<void(MemoryStateStore&)>& change) {
    MemoryStateStore store(Published());
    change(store);
    const ports::StateFiles before = store.files;
    const FilesFound found = LookAtFiles(store, Published());
    CHECK_FALSE(GiveBackFiles(store, Published()));
    CHECK(store.files.state == before.state);
    CHECK(store.files.checkpoint == before.checkpoint);
    return found;
  };
  CHECK(looks([](auto& store) { store.Hold(Another()); }) == FilesFound::kReplaced);
  CHECK(looks([](auto& store) { store.files.state = Another().ToDocument(); }) ==
        FilesFound::kReplaced);
  // The state alone is gone, and the checkpoint is of another state: a rollback is not hidden.
  CHECK(looks([](auto& store) {
          store.files.state.reset();
          store.files.checkpoint = Another().ToCheckpoint();
        }) == FilesFound::kReplaced);
  CHECK(looks([](auto& store) {
          store.fail_load = true;
          store.problem.kind = ports::StateProblemKind::kMalformed;
        }) == FilesFound::kReplaced);
  CHECK(looks([](auto& store) {
          store.fail_load = true;
          store.problem.kind = ports::StateProblemKind::kUnsafeFile;
        }) == FilesFound::kUnreadable);
}

TEST_CASE("State files: nothing is written without the lock or what came while there was none") {
  MemoryStateStore store;
  store.fail_lock = true;
  CHECK_FALSE(GiveBackFiles(store, Published()));
  CHECK(store.log == std::vector<std::string>{"lock!"});
  MemoryStateStore taken(Another());
  CHECK_FALSE(GiveBackFiles(taken, Published()));
  CHECK(taken.files.state == Another().ToDocument());
}

TEST_CASE("State files: each trouble has a word and advice that names the setting") {
  for (const FilesFound found :
       {FilesFound::kMissing, FilesFound::kReplaced, FilesFound::kUnreadable}) {
    CHECK(Name(found).starts_with("state_files_"));
    CHECK(AdviceFor(found).find("state.path") != std::string_view::npos);
    CHECK(AdviceFor(found).find("Do not restart") != std::string_view::npos);
  }
  CHECK(Name(FilesFound::kIntact).empty());
}

}  // namespace
}  // namespace baokms::core
