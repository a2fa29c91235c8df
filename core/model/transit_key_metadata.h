// What GET keys/<key> says, with creation times cut to whole seconds (openbao-observed.md). A value
// as read: core/transit/transit_profile.h judges it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/model/time.h"

namespace baokms::core {

struct TransitVersionTime {
  std::int64_t version = 0;
  UnixSeconds created_at = 0;
  friend bool operator==(const TransitVersionTime&, const TransitVersionTime&) = default;
};

struct TransitKeyMetadata {
  std::string type;
  bool exportable = false;
  bool allow_plaintext_backup = false;
  bool derived = false;
  bool convergent_encryption = false;
  bool deletion_allowed = false;
  bool supports_encryption = false;
  bool supports_decryption = false;
  bool soft_deleted = false;
  std::int64_t latest_version = 0;
  std::int64_t min_available_version = 0;
  std::int64_t min_encryption_version = 0;
  std::int64_t min_decryption_version = 0;
  std::int64_t auto_rotate_period = 0;  // seconds; 0: OpenBao adds no version by itself
  // As listed, in order; a version may stand twice when the server says so.
  std::vector<TransitVersionTime> versions;

  friend bool operator==(const TransitKeyMetadata&, const TransitKeyMetadata&) = default;
};

}  // namespace baokms::core
