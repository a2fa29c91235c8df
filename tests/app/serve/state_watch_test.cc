// What a running provider tells of its state files.
#include "app/serve/state_watch.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/core/builders.h"
#include "tests/support/ports/memory_state_store.h"

namespace baokms::app {
namespace {

using core::FilesFound;

struct WatchBench {
  core::Registry published = core::testing::RegistryOf(
      {core::testing::Snapshot(3, core::SnapshotState::kActive)});
  core::Registry another = core::testing::RegistryOf(
      {core::testing::Snapshot(4, core::SnapshotState::kActive)});
  baokms::testing::MemoryStateStore store{published};
  std::vector<std::string> told;
  StateWatch watch{store, [this](FilesFound found, bool given_back) {
                     told.push_back(std::string(core::Name(found)) +
                                    (given_back ? " given back" : ""));
                   }};
};

TEST_CASE("State watch: files that are gone are written back and that is told once") {
  WatchBench b;
  b.store.files = {};
  b.watch.Look(b.published);
  b.watch.Look(b.published);
  CHECK(b.told == std::vector<std::string>{"state_files_missing given back"});
  CHECK(b.watch.found() == FilesFound::kIntact);
  CHECK(b.store.files.state == b.published.ToDocument());
}

TEST_CASE("State watch: files that cannot be written back stay a trouble until they can") {
  WatchBench b;
  b.store.files = {};
  b.store.fail_state = true;
  b.watch.Look(b.published);
  b.watch.Look(b.published);
  CHECK(b.watch.found() == FilesFound::kMissing);
  CHECK(b.told == std::vector<std::string>{"state_files_missing"});
  b.store.fail_state = false;
  b.watch.Look(b.published);
  CHECK(b.watch.found() == FilesFound::kIntact);
  CHECK(b.told.back() == "state_files_missing given back");
}

TEST_CASE("State watch: replaced files are told when they come and when they are gone again") {
  WatchBench b;
  b.store.Hold(b.another);
  b.watch.Look(b.published);
  b.watch.Look(b.published);
  CHECK(b.watch.found() == FilesFound::kReplaced);
  CHECK(b.store.files.state == b.another.ToDocument());
  b.store.Hold(b.published);
  b.watch.Look(b.published);
  CHECK(b.told == std::vector<std::string>{"state_files_replaced", ""});
}

TEST_CASE("State watch: before a save only missing files are its matter") {
  WatchBench b;
  b.store.Hold(b.another);
  b.watch.LookBeforeSave(b.published);
  CHECK(b.told.empty());
  b.store.files = {};
  b.watch.LookBeforeSave(b.published);
  CHECK(b.store.files.state == b.published.ToDocument());
}

}  // namespace
}  // namespace baokms::app
