#include "tests/app/crash/crash_explorer.h"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <utility>

#include "adapters/state_file/file_state_store.h"
#include "core/registry/registry_json.h"
#include "core/registry/registry_opening.h"
#include "core/registry/registry_save.h"
#include "tests/app/crash/rotation_history.h"

namespace baokms::app::crash {
namespace {

using adapters::state_file::FileStateStore;
using Opened = std::expected<std::optional<core::Registry>, std::string>;

// A start up to the registry, which then ends.
Opened StartAndEnd(FaultDisk& disk) {
  Opened opened;
  {
    FileStateStore store(disk, kStatePath);
    opened = core::OpenRegistry(store, HistoryIdentity());
  }
  return opened;
}

bool SaysWhatToDo(const std::string& refusal) {
  return refusal.starts_with("state.path: ") && refusal.find(';') != std::string::npos &&
         refusal.find('/') == std::string::npos;
}

std::string Bytes(const std::optional<FileContent>& content) {
  return content ? content->bytes : "";
}

std::vector<FaultDisk> Crashed(const FaultDisk& disk) {
  std::vector<FaultDisk> disks = disk.AfterPowerLoss();
  disks.push_back(disk);
  disks.back().EndProcess();
  return disks;
}

}  // namespace

CrashTally& CrashTally::operator+=(const CrashTally& other) {
  crashes += other.crashes;
  disks += other.disks;
  starts += other.starts;
  published += other.published;
  attempted += other.attempted;
  nothing += other.nothing;
  failed_starts += other.failed_starts;
  return *this;
}

std::string Describe(const CrashTally& tally) {
  return std::to_string(tally.crashes) + " crashes left " + std::to_string(tally.disks) +
         " different disks; of " + std::to_string(tally.starts) + " starts on them " +
         std::to_string(tally.published) + " found the published state, " +
         std::to_string(tally.attempted) + " the one being saved, " +
         std::to_string(tally.nothing) + " nothing where nothing was published, " +
         std::to_string(tally.failed_starts) +
         " refused on a failing disk, the others were killed or recovered on one";
}

void CrashExplorer::Crash(const FaultDisk& disk) {
  for (FaultDisk& left : Crashed(disk)) Meet(std::move(left));
  while (!to_start_.empty()) {
    const FaultDisk next = std::move(to_start_.back());
    to_start_.pop_back();
    Start(next);
  }
}

void CrashExplorer::Meet(FaultDisk disk) {
  ++tally_.crashes;
  if (!met_.insert(disk.Fingerprint()).second) return;
  ++tally_.disks;
  to_start_.push_back(std::move(disk));
}

void CrashExplorer::Start(const FaultDisk& disk) {
  ++tally_.starts;
  FaultDisk started = disk;
  started.Arm({});
  const Opened opened = StartAndEnd(started);
  const std::vector<std::string> calls = started.calls();
  started.EndProcess();
  // "A crash between any two steps must recover": after a crash alone a refusal is a failure.
  CHECK_MESSAGE(opened.has_value(), (opened ? "" : opened.error()));
  if (!opened) return;
  const std::optional<core::Registry>& recovered = *opened;
  if (!recovered) {
    ++tally_.nothing;
    CHECK_MESSAGE(!published_, "a published state is gone");
  } else if (*recovered == attempted_) {
    ++tally_.attempted;
  } else {
    ++tally_.published;
    CHECK_MESSAGE(recovered == published_, "an older or a foreign state was accepted");
  }
  Interrupt(disk, calls);
  Fail(disk, calls);
  if (recovered) GoOn(started, *recovered);
}

// The start is killed too.
void CrashExplorer::Interrupt(const FaultDisk& disk, const std::vector<std::string>& calls) {
  for (int at = 0; at < static_cast<int>(calls.size()); ++at) {
    ++tally_.starts;
    FaultDisk killed = disk;
    killed.Arm({.kind = Fault::Kind::kKillAfter, .at = at, .quarters = 2});
    static_cast<void>(StartAndEnd(killed));
    for (FaultDisk& left : Crashed(killed)) Meet(std::move(left));
  }
}

// The start meets a failing disk: it recovers all the same, or refuses and has changed nothing.
void CrashExplorer::Fail(const FaultDisk& disk, const std::vector<std::string>& calls) {
  for (const int error : {EIO, ENOSPC, EROFS}) {
    if (!kTryAll && error != ENOSPC) continue;
    for (int at = 0; at < static_cast<int>(calls.size()); ++at) {
      ++tally_.starts;
      FaultDisk failing = disk;
      failing.Arm({.kind = Fault::Kind::kFail, .at = at, .error = error, .lasting = true});
      const Opened opened = StartAndEnd(failing);
      if (!opened) {
        ++tally_.failed_starts;
        CHECK_MESSAGE(SaysWhatToDo(opened.error()), opened.error());
        CHECK(failing.Get(kStateName) == disk.Get(kStateName));
        // Or brought forward to what the state file holds.
        const std::string checkpoint = Bytes(failing.Get(kCheckpointName));
        CHECK((checkpoint == Bytes(disk.Get(kCheckpointName)) ||
               checkpoint == core::CheckpointBytes(attempted_.ToCheckpoint()) ||
               (published_ && checkpoint == core::CheckpointBytes(published_->ToCheckpoint()))));
      } else {
        CHECK((!*opened ? !published_ : **opened == attempted_ || *opened == published_));
      }
      for (FaultDisk& left : Crashed(failing)) Meet(std::move(left));
    }
  }
}

// What a start has accepted is published: no crash may take it back, neither at once nor at any
// call of the save that comes next.
void CrashExplorer::GoOn(const FaultDisk& disk, const core::Registry& recovered) {
  const core::Save save{.published = recovered, .next = FollowUp(recovered)};
  const auto survives = [&](const FaultDisk& crashed, bool may_be_next, bool must_be_next) {
    for (FaultDisk& left : Crashed(crashed)) {
      ++tally_.crashes;
      if (!went_on_
               .insert(std::to_string(recovered.generation()) +
                       (must_be_next ? "!" : (may_be_next ? "?" : "")) + left.Fingerprint())
               .second) {
        continue;
      }
      ++tally_.starts;
      ++tally_.disks;
      const Opened opened = StartAndEnd(left);
      CHECK_MESSAGE(opened.has_value(), (opened ? "" : opened.error()));
      if (!opened) continue;
      const bool is_next = *opened == save.next;
      ++(is_next ? tally_.attempted : tally_.published);
      CHECK_MESSAGE((is_next ? may_be_next : !must_be_next && *opened == recovered),
                    "an older or a foreign state was accepted");
    }
  };
  survives(disk, /*may_be_next=*/false, /*must_be_next=*/false);
  FaultDisk saving = disk;
  int calls = 1;
  for (int at = 0; at <= calls; ++at) {
    saving = disk;
    FileStateStore store(saving, kStatePath);
    REQUIRE(store.Lock());
    saving.Arm({.kind = Fault::Kind::kKill, .at = at});
    const core::SaveResult result = core::SaveRegistry(store, save);
    calls = static_cast<int>(saving.calls().size());
    const bool ended = calls == at;  // the fault came too late
    if (ended) CHECK(result == core::SaveResult::kSaved);
    survives(saving, /*may_be_next=*/true, /*must_be_next=*/ended);
    if (ended) break;
  }
}

}  // namespace baokms::app::crash
