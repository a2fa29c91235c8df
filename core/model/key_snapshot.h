// One Transit key version as the registry knows it (registry-and-rotation.md, "Snapshot").
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/model/key_id.h"
#include "core/model/time.h"
#include "core/model/transit_key_version.h"

namespace baokms::core {

enum class SnapshotState : std::uint8_t {
  kActive,    // encrypts; exactly one
  kPending,   // observed: decrypts, never encrypts
  kRetired,   // decrypts
  kRejected,  // never decrypts; accepted on load, never written
  kRemoved,   // never decrypts; permanent unless an operator restores it
};

constexpr std::string_view Name(SnapshotState state) {
  switch (state) {
    case SnapshotState::kActive:
      return "active";
    case SnapshotState::kPending:
      return "pending";
    case SnapshotState::kRetired:
      return "retired";
    case SnapshotState::kRejected:
      return "rejected";
    case SnapshotState::kRemoved:
      return "removed";
  }
  return "";
}

struct KeySnapshot {
  TransitKeyVersion version;
  UnixSeconds created_at;
  KeyId key_id;
  SnapshotState state;
  UnixSeconds observed_at = 0;
  std::int64_t stable_observation_count = 0;
  UnixSeconds stable_at = 0;
  UnixSeconds promoted_at = 0;

  bool decrypts() const {
    return state == SnapshotState::kActive || state == SnapshotState::kPending ||
           state == SnapshotState::kRetired;
  }
  friend bool operator==(const KeySnapshot&, const KeySnapshot&) = default;
};

}  // namespace baokms::core
