// Looks at the state files of a running provider, so that what happens to them is told before the
// next start finds out (registry-and-rotation.md, "Files that change under a running provider").
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "core/registry/registry_files.h"
#include "ports/state_store.h"

namespace baokms::app {

class StateWatch {
 public:
  // What was found when it is another thing than before, and whether the files were written back.
  using Tell = std::move_only_function<void(core::FilesFound found, bool given_back)>;

  // `store` outlives the watch. `tell` is called by Look.
  StateWatch(ports::StateStore& store, Tell tell) : store_(store), tell_(std::move(tell)) {}

  // On the control loop, while no save is pending; blocks as the store does. Missing files are
  // written back.
  void Look(const core::Registry& published);
  // On the control loop, before a save over `published`, which files that are gone would refuse.
  void LookBeforeSave(const core::Registry& published);
  // Any thread.
  core::FilesFound found() const { return found_; }

 private:
  ports::StateStore& store_;
  Tell tell_;
  std::atomic<core::FilesFound> found_ = core::FilesFound::kIntact;
};

}  // namespace baokms::app
