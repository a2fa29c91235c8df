// The Transit key as OpenBao keeps it: what its metadata says, what it encrypts and decrypts, and
// what an operator may change (openbao-observed.md). A plain value.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/model/transit_key_metadata.h"
#include "tests/unit/model_check/identities.h"
#include "tests/unit/model_check/setting.h"

namespace baokms::core::model_check {

struct TransitKey {
  int latest = 1;
  int min_encryption = 0;
  int min_decryption = 1;
  int min_available = 0;
  bool restored = false;                   // from a backup, once at most
  std::array<int, kMostVersions> epoch{};  // by version - 1

  TransitKeyMetadata Metadata() const;
  // The version's identity today; kNoIdentity for one that was not made yet.
  Identity Made(int version) const;
  bool Encrypts(int version) const;
  IdentitySet Decryptable() const;

  friend auto operator<=>(const TransitKey&, const TransitKey&) = default;
};

struct TransitChange {
  std::string label;
  TransitKey key;
  int cost;  // of Setting::changes; a rotation has none
};

std::vector<TransitChange> Changes(const TransitKey& key, const Setting& setting);

}  // namespace baokms::core::model_check
