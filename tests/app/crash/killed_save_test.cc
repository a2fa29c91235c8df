// The process is killed, or the machine loses power, at every call of every save of a node's life
// (registry-and-rotation.md, "Save": a crash between any two steps must recover).
#include <doctest/doctest.h>

#include <algorithm>

#include "adapters/state_file/file_state_store.h"
#include "tests/app/crash/crash_explorer.h"
#include "tests/app/crash/rotation_history.h"

namespace baokms::app::crash {
namespace {

using adapters::state_file::FileStateStore;

struct KillPoints {
  int points = 0;
  CrashTally tally;
};

// Kills the save at each call: before it, after it, and with a write that got a part of the way.
KillPoints KillSaveEverywhere(const SavePoint& point) {
  KillPoints result;
  CrashExplorer unpublished(point.save.published, point.save.next);
  CrashExplorer published(point.save.next, point.save.next);
  bool ended = false;
  for (int at = 0; !ended; ++at) {
    for (const Fault& fault : {Fault{.kind = Fault::Kind::kKill, .at = at},
                               Fault{.kind = Fault::Kind::kKillAfter, .at = at, .quarters = 0},
                               Fault{.kind = Fault::Kind::kKillAfter, .at = at, .quarters = 3},
                               Fault{.kind = Fault::Kind::kKillAfter, .at = at}}) {
      const bool partial = fault.quarters < 4;
      FaultDisk disk = point.disk;
      FileStateStore store(disk, kStatePath);
      REQUIRE(store.Lock());
      disk.Arm(fault);
      const core::SaveResult saved = point.SaveOn(store);
      ended = static_cast<int>(disk.calls().size()) == at;
      if (partial && (ended || disk.calls().back() != "write")) continue;
      ++result.points;
      // Told to nobody as long as the call did not return: killed, it never did.
      if (ended) CHECK(saved == core::SaveResult::kSaved);
      (ended ? published : unpublished).Crash(disk);
    }
  }
  result.tally = unpublished.tally();
  result.tally += published.tally();
  return result;
}

void CheckRecovery(bool (*chosen)(const SavePoint&)) {
  KillPoints all;
  int saves = 0;
  for (const SavePoint& point : SavesToTry()) {
    if (!chosen(point)) continue;
    CAPTURE(point.name);
    const KillPoints here = KillSaveEverywhere(point);
    CHECK(here.points >= 60);
    CHECK(here.tally.published + here.tally.nothing > 0);
    CHECK(here.tally.attempted > 0);
    all.points += here.points;
    all.tally += here.tally;
    ++saves;
  }
  CHECK(saves > 0);
  CHECK(all.points >= saves * 60);
  CHECK(all.tally.disks >= saves * 200);
  MESSAGE(all.points << " kill points in " << saves << " saves; " << Describe(all.tally));
}

}  // namespace

TEST_CASE("Crash: the history has a save of each kind") {
  const auto& history = RotationHistory();
  CHECK(history.size() == 13);
  CHECK_FALSE(history.front().save.published);
  std::string all;
  for (const SavePoint& point : history) {
    all += point.name + "\n";
  }
  for (const char* kind :
       {"seen 1", "seen 2", "seen 3", "active 2", "retired 3", "retired 4", "active 5",
        "active 5, removed 4", "active 5, retired 4, removed 3", "pending 6"}) {
    CHECK_MESSAGE(all.find(kind) != std::string::npos, kind);
  }
}

TEST_CASE("Crash: killed or without power at any call of a keeper's save a start recovers") {
  CheckRecovery([](const SavePoint& point) { return point.node.has_value(); });
}

TEST_CASE("Crash: killed or without power at any call of a command's save a start recovers") {
  CheckRecovery([](const SavePoint& point) { return !point.node; });
}

}  // namespace baokms::app::crash
