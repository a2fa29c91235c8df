// One node: the real KeyKeeper, what its handlers see, its clock and its files, and what an
// observer remembers of it to judge the next step by. A value: copying it branches the run.
#pragma once

#include <optional>
#include <string>

#include "core/rotation/key_keeper.h"
#include "tests/unit/model_check/disk.h"
#include "tests/unit/model_check/identities.h"

namespace baokms::core::model_check {

// A call to OpenBao under way.
struct Call {
  enum class Kind : std::uint8_t { kNone, kRead, kProbe };
  Kind kind = Kind::kNone;
  int version = 0;  // kProbe
  MonotonicTime deadline{};
};

// The metadata probe under way, from its read to its end.
struct MetadataOperation {
  enum class Kind : std::uint8_t { kNone, kRegular, kDiscovery };
  Kind kind = Kind::kNone;
  int probed_version = 0;  // the candidate whose deep probe succeeded in it
  bool good = false;       // it read what contradicts nothing that is recorded
};

// Of this node since its files were made.
struct LastingMemory {
  Identity answered = kNoIdentity;  // the key_id of the last healthy Status
  IdentitySet accepted = 0;         // ever seen by handlers as decryptable
  IdentitySet removed = 0;          // by an operator
  // Regular observations of the latest version, counted up to the required number.
  Identity observed = kNoIdentity;
  int observations = 0;
};

// So many failed calls in a row make Status unhealthy.
inline constexpr int kTwoFailures = 2;

// Of this process.
struct ProcessMemory {
  MetadataOperation metadata;
  // The candidate that regular metadata confirmed as stable, durable and published, and since when.
  Identity stable = kNoIdentity;
  MonotonicTime stable_since{};
  std::optional<MonotonicTime> discovery;  // the last attempt's start
  std::string unsaved;                     // current_hash of the candidate whose save failed
  bool unsaved_matters = false;            // its save may not wait
  // Calls that failed in a row, up to two; before the first good one as many as two.
  int failed_reads = kTwoFailures;        // of regular metadata probes
  int failed_deep_probes = kTwoFailures;  // of the active version
  std::optional<BootTime> verified;       // the end of the last good regular one
};

struct Node {
  std::optional<KeyKeeper> keeper;  // none: stopped
  // The files were found untrustworthy at a start. Nothing more happens to such a node.
  bool refused = false;
  // Its wall clock did; once is all that a run has.
  bool clock_jumped = false;
  KeyView view;  // as published last
  ClockReading now{MonotonicTime(std::chrono::hours(1)), BootTime(std::chrono::hours(3)),
                   1'700'100'000};
  Call call;
  Disk disk;
  LastingMemory memory;
  ProcessMemory process;
};

}  // namespace baokms::core::model_check
