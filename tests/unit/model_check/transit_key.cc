#include "tests/unit/model_check/transit_key.h"

#include <algorithm>

#include "tests/support/core/builders.h"

namespace baokms::core::model_check {
namespace {

TransitKey RestoredBackup(TransitKey key) {
  --key.latest;
  key.restored = true;
  key.min_encryption = std::min(key.min_encryption, key.latest);
  key.min_decryption = std::min(key.min_decryption, key.latest);
  for (int version = key.latest + 1; version <= kMostVersions; ++version) {
    key.epoch[static_cast<std::size_t>(version - 1)] = 1;  // made again it is another one
  }
  return key;
}

}  // namespace

TransitKeyMetadata TransitKey::Metadata() const {
  TransitKeyMetadata metadata = testing::FitMetadata(latest);
  metadata.min_encryption_version = min_encryption;
  metadata.min_decryption_version = min_decryption;
  metadata.min_available_version = min_available;
  // OpenBao lists no version below min_decryption_version.
  metadata.versions.clear();
  for (int version = std::max(min_decryption, min_available); version <= latest; ++version) {
    metadata.versions.push_back({.version = version, .created_at = CreatedAtOf(Made(version))});
  }
  return metadata;
}

Identity TransitKey::Made(int version) const {
  if (version < 1 || version > latest) return kNoIdentity;
  return IdentityOf(version, epoch[static_cast<std::size_t>(version - 1)]);
}

bool TransitKey::Encrypts(int version) const {
  return Contains(Decryptable(), Made(version)) && version >= min_encryption;
}

IdentitySet TransitKey::Decryptable() const {
  IdentitySet set = 0;
  for (int version = std::max(min_decryption, min_available); version <= latest; ++version) {
    set |= SetOf(Made(version));
  }
  return set;
}

std::vector<TransitChange> Changes(const TransitKey& key, const Setting& setting) {
  std::vector<TransitChange> changes;
  const auto add = [&](std::string label, int cost, auto&& change) {
    TransitKey next = key;
    change(next);
    if (next != key) changes.push_back({std::move(label), next, cost});
  };
  const auto set = [&](const char* field, int TransitKey::* member, int value) {
    add(std::string(field) + " is set to " + std::to_string(value), 1,
        [&](TransitKey& next) { next.*member = value; });
  };
  if (key.latest < setting.versions) {
    add("the key is rotated", 0, [](TransitKey& next) { ++next.latest; });
  }
  for (int version = std::max(key.min_encryption + 1, 2); version <= key.latest; ++version) {
    set("min_encryption_version", &TransitKey::min_encryption, version);
  }
  for (int version = key.min_decryption + 1; version <= key.latest; ++version) {
    // OpenBao wants a min_encryption_version that is set to be no lower.
    if (key.min_encryption != 0 && version > key.min_encryption) continue;
    set("min_decryption_version", &TransitKey::min_decryption, version);
  }
  if (key.min_available == 0) set("min_encryption_version", &TransitKey::min_encryption, 0);
  set("min_decryption_version", &TransitKey::min_decryption, std::max(1, key.min_available));
  const int trimmable = std::min(key.min_decryption, key.min_encryption);
  for (int version = std::max(key.min_available + 1, 2); version <= trimmable; ++version) {
    add("versions below " + std::to_string(version) + " are trimmed", 1,
        [&](TransitKey& next) { next.min_available = version; });
  }
  if (setting.transit_restores && !key.restored && key.latest > 1 &&
      key.min_available < key.latest) {
    add("Transit is restored from a backup before its last rotation", 1,
        [](TransitKey& next) { next = RestoredBackup(next); });
  }
  return changes;
}

}  // namespace baokms::core::model_check
