// Everything that may be on a disk after a crash during one save, after crashes and failures of the
// starts that follow, and after crashes of the save that comes next; and what the real start makes
// of each.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/registry/registry.h"
#include "tests/app/crash/fault_disk.h"

namespace baokms::app::crash {

struct CrashTally {
  long crashes = 0;        // a kill or a power loss, with one outcome for the disk
  long disks = 0;          // of them, that no earlier one equals
  long starts = 0;         // of a node on such a disk, killed and failing ones included
  long published = 0;      // healthy starts that found what was last published
  long attempted = 0;      // ... what was being saved
  long nothing = 0;        // ... nothing, before anything was ever published
  long failed_starts = 0;  // starts on a failing disk that refused, and left the files alone
  CrashTally& operator+=(const CrashTally& other);
};

// One line for a person.
std::string Describe(const CrashTally& tally);

// Reports with doctest's CHECK.
class CrashExplorer {
 public:
  // `published`: what the node answers with; none before bootstrap. `attempted`: what it saves.
  CrashExplorer(std::optional<core::Registry> published, core::Registry attempted)
      : published_(std::move(published)), attempted_(std::move(attempted)) {}

  // The process on this disk is killed now, and perhaps the machine loses power.
  void Crash(const FaultDisk& disk);

  const CrashTally& tally() const { return tally_; }

 private:
  void Meet(FaultDisk disk);
  void Start(const FaultDisk& disk);
  void Interrupt(const FaultDisk& disk, const std::vector<std::string>& calls);
  void Fail(const FaultDisk& disk, const std::vector<std::string>& calls);
  void GoOn(const FaultDisk& disk, const core::Registry& recovered);

  std::optional<core::Registry> published_;
  core::Registry attempted_;
  std::set<std::string> met_;
  std::vector<FaultDisk> to_start_;
  std::set<std::string> went_on_;
  CrashTally tally_;
};

}  // namespace baokms::app::crash
