// A call of a save fails: nothing is published, a crash at that moment loses nothing, and the exact
// candidate is saved as soon as the disk takes it (registry-and-rotation.md, "Save").
#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <map>

#include "adapters/state_file/file_state_store.h"
#include "core/registry/registry_json.h"
#include "core/registry/registry_opening.h"
#include "core/registry/registry_save.h"
#include "tests/app/crash/crash_explorer.h"
#include "tests/app/crash/rotation_history.h"

namespace baokms::app::crash {
namespace {

using adapters::state_file::FileStateStore;
using core::SaveResult;
using core::testing::KeeperBench;

struct FailureTally {
  int faults = 0;
  int saved = 0;      // the save did not need that call
  int unchanged = 0;  // nothing happened to the files
  int failed = 0;
  int mild = 0;  // Status stayed healthy
};

// One save of the history, tried under every fault. Crashes are explored once for each state that
// may be published meanwhile.
class FailingSaves {
 public:
  explicit FailingSaves(const SavePoint& point) : point_(point) {}

  // False when the save ends before the fault comes.
  bool Try(const Fault& fault) {
    FaultDisk disk = point_.disk;
    FileStateStore store(disk, kStatePath);
    REQUIRE(store.Lock());
    disk.Arm(fault);
    const SaveResult result = point_.SaveOn(store);
    if (static_cast<int>(disk.calls().size()) <= fault.at) return false;
    CAPTURE(disk.calls()[static_cast<std::size_t>(fault.at)]);
    CAPTURE(fault.error);
    ++tally.faults;
    const bool saved = result == SaveResult::kSaved;
    ++(saved ? tally.saved : result == SaveResult::kFailed ? tally.failed : tally.unchanged);
    CHECK(result != SaveResult::kForked);
    if (result == SaveResult::kFailedFilesUnchanged) {
      CHECK(disk.Get(kStateName) == point_.disk.Get(kStateName));
      CHECK(disk.Get(kCheckpointName) == point_.disk.Get(kCheckpointName));
    }
    Crash(disk, saved ? point_.save.next : point_.save.published);
    if (!saved) {
      disk.Arm({});
      point_.node ? RetryByKeeper(disk, store, result) : RetryByCommand(disk, store);
    }
    return true;
  }

  FailureTally tally;
  CrashTally CrashesMet() const {
    CrashTally sum;
    for (const auto& [generation, explorer] : explorers_) sum += explorer.tally();
    return sum;
  }

 private:
  void Crash(const FaultDisk& disk, const std::optional<core::Registry>& published) {
    const std::string key = published ? published->current_hash() : "";
    explorers_.try_emplace(key, published, point_.save.next).first->second.Crash(disk);
  }

  // The disk is well again; the keeper's next probe comes.
  void RetryByKeeper(FaultDisk& disk, FileStateStore& store, SaveResult result) {
    KeeperBench node = *point_.node;
    const bool was_healthy = node.Healthy();
    node.SaveEnds(result);
    CHECK(node.keeper.registry() == point_.save.published);
    const bool mild = result == SaveResult::kFailedFilesUnchanged &&
                      core::DifferOnlyInStability(*point_.save.published, point_.save.next);
    tally.mild += mild ? 1 : 0;
    CHECK(node.Healthy() == (mild && was_healthy));
    CHECK(node.keeper.view().persistence_degraded == mild);

    node.ToNextRead(point_.metadata);
    node.Read(point_.metadata);
    const auto again = node.Only<core::Save>();
    CHECK(again.next == point_.save.next);
    node.SaveEnds(core::SaveRegistry(store, again));
    REQUIRE(node.keeper.registry() == point_.save.next);
    CheckHeld(disk);
    Crash(disk, point_.save.next);
    Settle(node, point_.metadata, &store);
    CHECK(node.Healthy());
    Crash(disk, node.keeper.registry());
  }

  // The operator looks again and repeats the command, unless it turns out to have been done; a
  // start then finds what was wanted.
  void RetryByCommand(FaultDisk& disk, FileStateStore& store) {
    const auto files = core::ReadRegistry(store, HistoryIdentity());
    REQUIRE(files);
    if (files->recovered.registry != point_.save.next) {
      REQUIRE(files->recovered.registry == point_.save.published);
      REQUIRE(point_.SaveOn(store) == SaveResult::kSaved);
    }
    REQUIRE(core::OpenRegistry(store, HistoryIdentity()));
    CheckHeld(disk);
    Crash(disk, point_.save.next);
  }

  // Byte for byte what was to be saved the first time.
  void CheckHeld(const FaultDisk& disk) const {
    CHECK(disk.Get(kStateName) ==
          FileContent{core::RegistryBytes(point_.save.next.ToDocument()), 0640});
    CHECK(disk.Get(kCheckpointName) ==
          FileContent{core::CheckpointBytes(point_.save.next.ToCheckpoint()), 0640});
  }

  const SavePoint& point_;
  std::map<std::string, CrashExplorer> explorers_;
};

}  // namespace

TEST_CASE("Failed save: whatever call fails the exact candidate is saved later and none is lost") {
  FailureTally all;
  CrashTally crashes;
  const std::vector<SavePoint> saves_to_try = SavesToTry();
  const auto count = static_cast<int>(saves_to_try.size());
  for (const SavePoint& point : saves_to_try) {
    CAPTURE(point.name);
    FailingSaves saves(point);
    bool reached = true;
    for (int at = 0; reached; ++at) {
      for (const int error : {EIO, ENOSPC, EDQUOT, EROFS, EINTR}) {
        if (!kTryAll && error != EIO) continue;
        for (const bool lasting : {false, true}) {
          reached =
              saves.Try({.kind = Fault::Kind::kFail, .at = at, .error = error, .lasting = lasting});
          for (const int quarters : {1, 4}) {
            saves.Try({.kind = Fault::Kind::kFailAfter,
                       .at = at,
                       .error = error,
                       .lasting = lasting,
                       .quarters = quarters});
          }
        }
      }
    }
    CHECK(saves.tally.faults >= (kTryAll ? 800 : 160));
    CHECK(saves.tally.failed > 0);
    all.faults += saves.tally.faults;
    all.saved += saves.tally.saved;
    all.unchanged += saves.tally.unchanged;
    all.failed += saves.tally.failed;
    all.mild += saves.tally.mild;
    crashes += saves.CrashesMet();
  }
  CHECK(all.faults >= count * (kTryAll ? 1'000 : 190));
  CHECK(crashes.disks >= count * 200);
  // Of the few saves otherwise, none can be deferred.
  if (kTryAll) {
    CHECK(all.mild > 0);
    CHECK(all.unchanged > all.mild);
  }
  MESSAGE(all.faults << " failed calls in " << count << " saves: " << all.saved
                     << " saved all the same, " << all.unchanged << " left the files unchanged ("
                     << all.mild << " with Status healthy), " << all.failed
                     << " failed otherwise; every candidate was saved at the next probe. "
                     << Describe(crashes));
}

TEST_CASE("Failed save: short writes are continued at every write of every save") {
  int writes = 0;
  for (const SavePoint& point : RotationHistory()) {
    CAPTURE(point.name);
    for (const int quarters : {0, 1, 2, 3}) {
      for (int at = 0;; ++at) {
        FaultDisk disk = point.disk;
        FileStateStore store(disk, kStatePath);
        REQUIRE(store.Lock());
        disk.Arm({.kind = Fault::Kind::kShort, .at = at, .quarters = quarters});
        CHECK(point.SaveOn(store) == SaveResult::kSaved);
        const bool reached = static_cast<int>(disk.calls().size()) > at;
        if (reached && disk.calls()[static_cast<std::size_t>(at)] == "write") ++writes;
        CHECK(disk.Get(kStateName)->bytes == core::RegistryBytes(point.save.next.ToDocument()));
        if (!reached) break;
      }
    }
  }
  CHECK(writes >= 4 * 2 * 13);
}

TEST_CASE("Failed save: files that another writer changed meanwhile are never overwritten") {
  int forks = 0;
  for (const SavePoint& point : RotationHistory()) {
    if (!point.node) continue;
    CAPTURE(point.name);
    FaultDisk disk = point.disk;
    FileStateStore store(disk, kStatePath);
    REQUIRE(store.Lock());
    disk.Arm({.kind = Fault::Kind::kFail, .at = 0, .error = EIO, .lasting = true});
    KeeperBench node = *point.node;
    node.SaveEnds(core::SaveRegistry(store, point.save));
    disk.Arm({});
    const core::Registry foreign = FollowUp(point.save.next);
    const FileContent state{core::RegistryBytes(foreign.ToDocument()), 0640};
    const FileContent checkpoint{core::CheckpointBytes(foreign.ToCheckpoint()), 0640};
    disk.Put(kStateName, state);
    disk.Put(kCheckpointName, checkpoint);
    for (int probes = 0; probes < 3; ++probes) {
      node.ToNextRead(point.metadata);
      node.Read(point.metadata);
      const SaveResult result = core::SaveRegistry(store, node.Only<core::Save>());
      CHECK(result == SaveResult::kForked);
      node.SaveEnds(result);
      CHECK_FALSE(node.Healthy());
      CHECK(node.keeper.registry() == point.save.published);
      ++forks;
    }
    CHECK(disk.Get(kStateName) == state);
    CHECK(disk.Get(kCheckpointName) == checkpoint);
  }
  CHECK(forks >= 30);
}

}  // namespace baokms::app::crash
