// The process is killed, or the machine loses power, at every call of an operator's change
// (registry-and-rotation.md, "Save": a crash between any two steps must recover).
#include <doctest/doctest.h>

#include <functional>

#include "adapters/state_file/file_state_store.h"
#include "core/registry/migration.h"
#include "core/registry/registry_json.h"
#include "core/registry/registry_opening.h"
#include "core/registry/registry_save.h"
#include "tests/app/crash/crash_explorer.h"
#include "tests/app/crash/rotation_history.h"

namespace baokms::app::crash {
namespace {

using adapters::state_file::FileStateStore;
using core::testing::RegistryOf;
using core::testing::Snapshot;
using enum core::SnapshotState;

FaultDisk DiskWith(const core::RegistryDocument& state,
                   const std::optional<core::CheckpointDocument>& checkpoint) {
  FaultDisk disk;
  disk.Put(kStateName, {.bytes = core::RegistryBytes(state), .mode = 0640});
  if (checkpoint) {
    disk.Put(kCheckpointName, {.bytes = core::CheckpointBytes(*checkpoint), .mode = 0640});
  }
  return disk;
}

// `judge` gets the disk of each killed change, and of the one that ended.
void KillChangeEverywhere(const FaultDisk& disk, const core::RegistryDocument& before,
                          const core::Registry& next,
                          const std::function<void(const FaultDisk&, bool ended)>& judge) {
  bool ended = false;
  for (int at = 0; !ended; ++at) {
    for (const Fault& fault : {Fault{.kind = Fault::Kind::kKill, .at = at},
                               Fault{.kind = Fault::Kind::kKillAfter, .at = at, .quarters = 2},
                               Fault{.kind = Fault::Kind::kKillAfter, .at = at}}) {
      FaultDisk killed = disk;
      FileStateStore store(killed, kStatePath);
      REQUIRE(store.Lock());
      killed.Arm(fault);
      const auto saved = core::SaveConfirmed(store, before, next);
      ended = static_cast<int>(killed.calls().size()) == at;
      if (ended) CHECK(saved);
      judge(killed, ended);
    }
  }
}

core::CheckpointDocument CheckpointBefore(const core::RegistryDocument& state) {
  core::CheckpointDocument checkpoint = core::CheckpointOf(state);
  checkpoint.generation -= 1;
  checkpoint.current_hash = *state.previous_hash;
  return checkpoint;
}

}  // namespace

TEST_CASE("Crash: killed or without power at any call of a retirement a start recovers") {
  const core::Registry before = RegistryOf(
      {Snapshot(3, kActive), Snapshot(2, kRetired), Snapshot(1, kRetired)}, HistoryIdentity());
  const core::RegistryDocument state = before.ToDocument();
  const auto next = before.WithRetiredRemoved({core::testing::Version(1)});
  REQUIRE(next);
  CrashTally tally;
  for (const core::CheckpointDocument& checkpoint :
       {core::CheckpointOf(state), CheckpointBefore(state)}) {
    CrashExplorer unpublished(before, *next);
    CrashExplorer published(next, *next);
    KillChangeEverywhere(DiskWith(state, checkpoint), state, *next,
                         [&](const FaultDisk& killed, bool ended) {
                           (ended ? published : unpublished).Crash(killed);
                         });
    CHECK(unpublished.tally().published > 0);
    CHECK(unpublished.tally().attempted > 0);
    tally += unpublished.tally();
    tally += published.tally();
  }
  MESSAGE(Describe(tally));
}

TEST_CASE("Crash: killed or without power at any call of a migration it can be made or is done") {
  core::RegistryDocument older =
      RegistryOf({Snapshot(2, kActive), Snapshot(1, kRetired)}, HistoryIdentity()).ToDocument();
  older.schema_version = core::kOlderRegistrySchema;
  older.identity_fingerprint.clear();
  older = core::testing::Signed(older);
  long not_yet = 0;
  long done = 0;
  for (const core::CheckpointDocument& checkpoint :
       {core::CheckpointOf(older), CheckpointBefore(older)}) {
    const auto next = core::MigrateRegistry(older, checkpoint, HistoryIdentity());
    REQUIRE(next.has_value());
    KillChangeEverywhere(
        DiskWith(older, checkpoint), older, *next, [&](const FaultDisk& killed, bool ended) {
          std::vector<FaultDisk> left = killed.AfterPowerLoss();
          left.push_back(killed);
          left.back().EndProcess();
          for (FaultDisk& disk : left) {
            FileStateStore store(disk, kStatePath);
            const auto files = store.Load();
            REQUIRE(files);
            REQUIRE(files->state);
            if (files->state->schema_version == core::kOlderRegistrySchema) {
              ++not_yet;
              CHECK_FALSE(ended);
              CHECK(core::MigrateRegistry(*files->state, files->checkpoint, HistoryIdentity())
                        .has_value());
            } else {
              ++done;
              const auto opened = core::OpenRegistry(store, HistoryIdentity());
              CHECK_MESSAGE(opened.has_value(), (opened ? "" : opened.error()));
              if (opened) CHECK(*opened == *next);
            }
          }
        });
  }
  CHECK(not_yet > 0);
  CHECK(done > 0);
  MESSAGE(not_yet << " disks still hold the older state, " << done << " the newer one");
}

}  // namespace baokms::app::crash
