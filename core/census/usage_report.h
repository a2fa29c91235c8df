// A report of `key-usage` as somebody else's evidence: what it says about one etcd at one time
// (reports-and-labels.md, "key-usage").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/model/time.h"

namespace baokms::core {

// Hashes are PublicHash of a key_id (core/wire/sha256.h).
struct UsageReport {
  UnixSeconds taken_at = 0;
  std::string cluster_id;
  std::string provider_name;
  std::string prefix;
  std::int64_t revision = 0;  // of etcd
  std::uint64_t keys_scanned = 0;
  std::map<std::string, std::uint64_t> objects_under;  // by hash, whatever the provider's name
  std::set<std::string> unreferenced;                  // hashes
  std::uint64_t malformed = 0;
  // Objects in plaintext of resources that should be encrypted; none when the report was taken
  // without an EncryptionConfiguration.
  std::optional<std::uint64_t> unexpected_plaintext;
};

}  // namespace baokms::core
