#include "tests/unit/model_check/identities.h"

#include "tests/support/core/builders.h"

namespace baokms::core::model_check {

ProviderIdentity OtherConfiguration() {
  ProviderIdentity identity = testing::TestIdentity();
  identity.transit_key_name += "-other";
  return identity;
}

TransitKeyVersion TransitVersionOf(Identity identity) {
  return *TransitKeyVersion::FromNumber(VersionOf(identity));
}

UnixSeconds CreatedAtOf(Identity identity) {
  const bool again = identity >= kMostVersions && identity != kStrayIdentity;
  return testing::CreatedAt(VersionOf(identity)) + (again ? 7 : 0);
}

const KeyId& KeyIdOf(Identity identity) {
  static const auto kKeyIds = [] {
    std::vector<KeyId> ids;
    for (Identity i = 0; i < kIdentities; ++i) {
      ids.push_back(DeriveKeyId(testing::TestIdentity(), TransitVersionOf(i), CreatedAtOf(i)));
    }
    return ids;
  }();
  return kKeyIds[static_cast<std::size_t>(identity)];
}

Identity IdentityWith(std::string_view key_id) {
  for (Identity i = 0; i < kIdentities; ++i) {
    if (KeyIdOf(i).str() == key_id) return i;
  }
  return kNoIdentity;
}

std::string Name(Identity identity) {
  if (identity == kNoIdentity) return "none";
  if (identity == kStrayIdentity) return "a stray key_id";
  return "v" + std::to_string(VersionOf(identity)) + (identity >= kMostVersions ? "'" : "");
}

std::string Names(IdentitySet set) {
  std::string names;
  for (Identity i = 0; i < kIdentities; ++i) {
    if (Contains(set, i)) names += (names.empty() ? "" : " ") + Name(i);
  }
  return names.empty() ? "none" : names;
}

}  // namespace baokms::core::model_check
