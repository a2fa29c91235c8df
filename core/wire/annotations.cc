#include "core/wire/annotations.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/text/base64.h"
#include "core/wire/sha256.h"

namespace baokms::core {
namespace {

constexpr std::string_view kProvider = "provider.kms.openbao.org";
constexpr std::string_view kKeyIdHash = "key-id-hash.kms.openbao.org";
constexpr std::string_view kVersion = "transit-key-version.kms.openbao.org";
constexpr std::string_view kMountHash = "transit-mount-hash.kms.openbao.org";
constexpr std::string_view kKeyHash = "transit-key-hash.kms.openbao.org";
constexpr std::string_view kNamespaceHash = "openbao-namespace-hash.kms.openbao.org";
constexpr std::string_view kPluginVersion = "plugin-version.kms.openbao.org";
constexpr std::string_view kAadVersion = "aad-version.kms.openbao.org";

constexpr std::string_view kProviderValue = "openbao-transit";
constexpr std::string_view kAadVersionValue = "v1";

// A DNS-1123 name of two labels or more.
bool IsFqdn(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  int labels = 0;
  while (true) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (label.empty() || label.size() > 63) return false;
    if (!alnum(label.front()) || !alnum(label.back())) return false;
    if (!std::ranges::all_of(label, [&](char c) { return alnum(c) || c == '-'; })) return false;
    ++labels;
    if (dot == std::string_view::npos) return labels >= 2;
    name.remove_prefix(dot + 1);
  }
}

bool IsHash(std::string_view value) {
  const auto bytes = Base64UrlDecode(value);
  return bytes && bytes->size() == 32;
}

// A decimal version of 1 or more as we write it: no sign, no leading zero, within 63 bits.
bool IsVersion(std::string_view value) {
  constexpr std::string_view kMax = "9223372036854775807";
  if (value.empty() || value.size() > kMax.size() || value.front() == '0') return false;
  if (!std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; })) return false;
  return value.size() < kMax.size() || value <= kMax;
}

}  // namespace

Annotations BuildAnnotations(const ProviderIdentity& identity, TransitKeyVersion version,
                             const KeyId& key_id, std::string_view plugin_version) {
  const auto entry = [](std::string_view key, std::string_view value) {
    return std::pair<std::string, std::string>(key, value);
  };
  Annotations annotations{
      entry(kProvider, kProviderValue),
      entry(kKeyIdHash, PublicHash(key_id.str())),
      entry(kVersion, version.ToString()),
      entry(kMountHash, PublicHash(identity.transit_mount_id)),
      entry(kKeyHash, PublicHash(identity.transit_key_lineage_id)),
      entry(kPluginVersion, plugin_version),
      entry(kAadVersion, kAadVersionValue),
  };
  if (!identity.openbao_namespace.empty()) {
    annotations.insert(entry(kNamespaceHash, PublicHash(identity.openbao_namespace)));
  }
  return annotations;
}

Result<void> CheckAnnotationsForm(const Annotations& annotations) {
  const std::unexpected<Error> invalid(InvalidAnnotations());
  for (const auto& [key, unused] : annotations) {
    if (!IsFqdn(key)) return invalid;
  }
  const auto value_of = [&](std::string_view key) -> std::string_view {
    const auto found = annotations.find(key);
    return found == annotations.end() ? std::string_view() : std::string_view(found->second);
  };
  for (const std::string_view key : {kKeyIdHash, kMountHash, kKeyHash}) {
    if (!IsHash(value_of(key))) return invalid;
  }
  if (!IsVersion(value_of(kVersion)) || value_of(kPluginVersion).empty()) return invalid;
  if (annotations.contains(kNamespaceHash) && !IsHash(value_of(kNamespaceHash))) return invalid;
  if (value_of(kProvider) != kProviderValue || value_of(kAadVersion) != kAadVersionValue) {
    return invalid;
  }
  return {};
}

Result<void> CheckAnnotationsMatch(const Annotations& annotations, const Annotations& expected) {
  constexpr std::array kBound{kKeyIdHash, kVersion, kMountHash, kKeyHash, kNamespaceHash};
  for (const std::string_view key : kBound) {
    const auto given = annotations.find(key);
    const auto wanted = expected.find(key);
    const bool absent = given == annotations.end() && wanted == expected.end();
    if (absent) continue;
    if (given == annotations.end() || wanted == expected.end() || given->second != wanted->second) {
      return std::unexpected(AnnotationsMismatch());
    }
  }
  return {};
}

}  // namespace baokms::core
