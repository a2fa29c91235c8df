// A node's life as a list of the moments at which its registry is written: bootstrap, a candidate,
// its counts, its promotion, skipped and superseded versions, versions retired and restored by an
// operator, and what follows. The keeper and the commands' own code decide and save.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/rotation/key_keeper.h"
#include "ports/state_store.h"
#include "tests/app/crash/fault_disk.h"
#include "tests/support/core/keeper_bench.h"

namespace baokms::app::crash {

inline constexpr const char* kStatePath = "/state/key-registry.json";
inline const std::string kStateName = "key-registry.json";
inline const std::string kCheckpointName = kStateName + ".checkpoint";

struct SavePoint {
  std::string name;
  FaultDisk disk;  // before the save, everything on it safe, no process
  core::Save save;
  // The keeper that waits for the end of this save; none: an operator's command saves.
  std::optional<core::testing::KeeperBench> node;
  core::TransitKeyMetadata metadata;  // what its probes read

  // Saves as whoever is at work here does.
  core::SaveResult SaveOn(ports::StateStore& store) const;
};

// Made once, by saves that succeed.
const std::vector<SavePoint>& RotationHistory();

// A build that is not optimised (sanitizers, debug, coverage) tries less, and prints how much.
#ifdef __OPTIMIZE__
inline constexpr bool kTryAll = true;
#else
inline constexpr bool kTryAll = false;
#endif

// The saves whose every call is tried: all of them, or each tenth, bootstrap and the removal of
// versions.
std::vector<SavePoint> SavesToTry();

// The configuration of all of them.
const core::Registry::Identity& HistoryIdentity();

// A generation that a rotation could bring next.
core::Registry FollowUp(const core::Registry& registry);

// Settles the keeper: reads find `metadata`, probes succeed, saves go to `store`. Stops before the
// first save when there is no store, and returns it.
std::optional<core::Save> Settle(core::testing::KeeperBench& node,
                                 const core::TransitKeyMetadata& metadata,
                                 ports::StateStore* store);

}  // namespace baokms::app::crash
