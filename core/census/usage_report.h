// A report of `key-usage` as somebody else's evidence: what it says about one etcd at one time
// (reports-and-labels.md, "key-usage").
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/time.h"

namespace baokms::core {

// Hashes are PublicHash of a key_id (core/wire/sha256.h).

// Objects of one resource that one provider's name encrypted under one key_id. In the group that a
// full list folded the rest into, every name and the hash are kOtherResource.
struct UsageGroup {
  std::string provider_name;
  std::string resource;
  std::optional<std::int64_t> version;  // in Transit; none: the reporting node did not know it
  std::string key_id_hash;
  std::uint64_t objects = 0;
};

struct UsageReport {
  UnixSeconds taken_at = 0;
  std::string cluster_id;
  std::string provider_name;
  std::string prefix;
  std::int64_t revision = 0;  // of etcd
  std::uint64_t keys_scanned = 0;
  std::vector<UsageGroup> encrypted;
  std::set<std::string> unreferenced;  // hashes
  std::uint64_t malformed = 0;
  // Objects in plaintext of resources that should be encrypted; none when the report was taken
  // without an EncryptionConfiguration.
  std::optional<std::uint64_t> unexpected_plaintext;
};

// Whatever the provider's name.
inline std::uint64_t ObjectsUnder(const UsageReport& report, std::string_view key_id_hash) {
  std::uint64_t objects = 0;
  for (const UsageGroup& group : report.encrypted) {
    if (group.key_id_hash == key_id_hash) objects += group.objects;
  }
  return objects;
}

}  // namespace baokms::core
