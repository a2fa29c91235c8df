#include "adapters/transit_http/openbao/openbao_replies.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "adapters/strict_json/strict_json.h"
#include "adapters/transit_http/openbao/reply_field.h"
#include "core/text/base64.h"

namespace baokms::adapters::transit_http {
namespace {

using simdjson::dom::array;
using simdjson::dom::object;
using strict_json::StrictJson;

// Longer leases exist on paper only; the bound keeps arithmetic in nanoseconds exact.
constexpr std::int64_t kLongestLeaseSeconds = std::int64_t{100} * 365 * 24 * 3600;
constexpr std::size_t kMaxTokenBytes = 16 * 1024;

std::unexpected<core::Error> Unparsable() {
  return std::unexpected(core::OpenBaoFailure(core::OpenBaoStatus::kUnavailable));
}
std::unexpected<core::Error> ContradictsRequest() {
  return std::unexpected(core::InvalidOpenBaoReply());
}

// Parses and hands the field `part` ("data" or "auth") to `read`; absent it is an empty object.
template <typename T, typename Read>
ReadReply<T> ReadPart(std::string_view body, std::string_view part, Read read) {
  const auto json = StrictJson::Parse(body);
  if (!json) return {Unparsable(), {}};
  const Field<object> field = ReadField<object>(json->root(), part);
  if (field.state == FieldState::kWrongType) return {Unparsable(), ReadRequestId(json->root())};
  const std::optional<object> present =
      field.state == FieldState::kPresent ? std::optional(field.value) : std::nullopt;
  return {read(present), ReadRequestId(json->root())};
}

template <typename T>
Field<T> ReadOptionalPart(const std::optional<object>& part, std::string_view key) {
  return part ? ReadField<T>(*part, key) : Field<T>{};
}

core::Result<core::Ciphertext> EncryptResult(const std::optional<object>& data,
                                             core::TransitKeyVersion sent) {
  const auto ciphertext = ReadOptionalPart<std::string_view>(data, "ciphertext");
  const auto version = ReadOptionalPart<std::int64_t>(data, "key_version");
  if (ciphertext.state == FieldState::kWrongType || version.state == FieldState::kWrongType) {
    return Unparsable();
  }
  if (version.state == FieldState::kAbsent || version.value != sent.number()) {
    return ContradictsRequest();
  }
  const std::string prefix = "vault:v" + sent.ToString() + ":";
  if (!ciphertext.value.starts_with(prefix) || ciphertext.value.size() == prefix.size()) {
    return ContradictsRequest();
  }
  return core::Ciphertext(std::string(ciphertext.value));
}

core::Result<core::Secret> DecryptResult(const std::optional<object>& data) {
  const auto plaintext = ReadOptionalPart<std::string_view>(data, "plaintext");
  if (plaintext.state == FieldState::kWrongType) return Unparsable();
  if (plaintext.value.empty()) return ContradictsRequest();
  std::optional<core::Secret> bytes = core::Base64DecodeSecret(plaintext.value);
  if (!bytes) return Unparsable();
  return *std::move(bytes);
}

// A version as a JSON key: decimal, at least 1, no leading zero.
std::optional<std::int64_t> VersionKey(std::string_view text) {
  std::int64_t version = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (version < 1 || text.starts_with('0')) return std::nullopt;
  return version;
}

std::optional<std::vector<core::TransitVersionTime>> VersionTimes(object keys) {
  std::vector<core::TransitVersionTime> versions;
  for (const simdjson::dom::key_value_pair entry : keys) {
    const auto version = VersionKey(entry.key);
    if (!version) return std::nullopt;
    std::int64_t seconds = 0;
    // Asymmetric keys list objects here. They stay readable, so that the profile can say
    // unsupported_type rather than "unavailable"; their time is left 0, which is no creation time.
    if (!entry.value.is_object() && entry.value.get(seconds) != simdjson::SUCCESS) {
      return std::nullopt;
    }
    versions.push_back({.version = *version, .created_at = seconds});
  }
  return versions;
}

// Reads required fields one after another and remembers whether one was missing.
class FieldReader {
 public:
  explicit FieldReader(object data) : data_(data) {}
  template <typename T>
  T Required(std::string_view key) {
    const Field<T> field = ReadField<T>(data_, key);
    complete_ = complete_ && field.state == FieldState::kPresent;
    return field.value;
  }
  template <typename T>
  T Optional(std::string_view key) {
    const Field<T> field = ReadField<T>(data_, key);
    complete_ = complete_ && field.state != FieldState::kWrongType;
    return field.value;
  }
  bool complete() const { return complete_; }

 private:
  object data_;
  bool complete_ = true;
};

core::Result<core::TransitKeyMetadata> MetadataResult(const std::optional<object>& data) {
  if (!data) return Unparsable();
  FieldReader read(*data);
  core::TransitKeyMetadata metadata;
  metadata.type = std::string(read.Required<std::string_view>("type"));
  metadata.exportable = read.Required<bool>("exportable");
  metadata.allow_plaintext_backup = read.Required<bool>("allow_plaintext_backup");
  metadata.derived = read.Required<bool>("derived");
  // OpenBao lists it for derived keys only.
  metadata.convergent_encryption = read.Optional<bool>("convergent_encryption");
  metadata.deletion_allowed = read.Required<bool>("deletion_allowed");
  metadata.supports_encryption = read.Required<bool>("supports_encryption");
  metadata.supports_decryption = read.Required<bool>("supports_decryption");
  metadata.soft_deleted = read.Optional<bool>("soft_deleted");  // unknown to older servers
  metadata.latest_version = read.Required<std::int64_t>("latest_version");
  metadata.min_available_version = read.Optional<std::int64_t>("min_available_version");
  metadata.min_encryption_version = read.Required<std::int64_t>("min_encryption_version");
  metadata.min_decryption_version = read.Required<std::int64_t>("min_decryption_version");
  // Nothing that serves depends on it, so nothing that stands here makes the key unreadable.
  metadata.auto_rotate_period = ReadField<std::int64_t>(*data, "auto_rotate_period").value;
  const object keys = read.Required<object>("keys");
  if (!read.complete()) return Unparsable();
  auto versions = VersionTimes(keys);
  if (!versions) return Unparsable();
  metadata.versions = *std::move(versions);
  return metadata;
}

core::Result<std::vector<std::string>> Words(array list) {
  std::vector<std::string> words;
  for (const simdjson::dom::element element : list) {
    std::string_view word;
    if (element.get(word) != simdjson::SUCCESS) return Unparsable();
    words.emplace_back(word);
  }
  return words;
}

core::Result<CapabilitiesByPath> CapabilitiesResult(const std::optional<object>& data,
                                                    const std::vector<std::string>& paths) {
  if (!data) return Unparsable();
  CapabilitiesByPath result;
  for (const std::string& path : paths) {
    const auto list = RequiredField<array>(*data, path);
    if (!list) return Unparsable();
    core::Result<std::vector<std::string>> words = Words(*list);
    if (!words) return std::unexpected(words.error());
    result[path] = *std::move(words);
  }
  return result;
}

core::Result<core::TokenGrant> TokenResult(const std::optional<object>& auth) {
  if (!auth) return Unparsable();
  const auto mfa = ReadField<object>(*auth, "mfa_requirement");
  const auto uses = ReadField<std::int64_t>(*auth, "num_uses");
  if (mfa.state == FieldState::kWrongType || uses.state == FieldState::kWrongType) {
    return Unparsable();
  }
  // Before the token, which is empty then.
  if (mfa.state == FieldState::kPresent) return std::unexpected(core::SecondFactorWanted());
  const auto token = RequiredField<std::string_view>(*auth, "client_token");
  const auto lease = RequiredField<std::int64_t>(*auth, "lease_duration");
  const auto renewable = RequiredField<bool>(*auth, "renewable");
  if (!token || !lease || !renewable || *lease <= 0) return Unparsable();
  // Anything else could not travel as a header, or would end one.
  const bool sendable = !token->empty() && token->size() <= kMaxTokenBytes &&
                        std::ranges::all_of(*token, [](char c) { return c > ' ' && c < 0x7f; });
  if (!sendable) return Unparsable();
  if (uses.value > 0) return std::unexpected(core::TokenUsesLimited());
  return core::TokenGrant{.value = core::Secret::Copy(*token),
                          .lease = std::chrono::seconds(std::min(*lease, kLongestLeaseSeconds)),
                          .renewable = *renewable};
}

}  // namespace

ReadReply<core::Ciphertext> ReadEncryptReply(std::string_view body, core::TransitKeyVersion sent) {
  return ReadPart<core::Ciphertext>(body, "data",
                                    [sent](const auto& data) { return EncryptResult(data, sent); });
}

ReadReply<core::Secret> ReadDecryptReply(std::string_view body) {
  return ReadPart<core::Secret>(body, "data", DecryptResult);
}

ReadReply<core::TransitKeyMetadata> ReadKeyMetadataReply(std::string_view body) {
  return ReadPart<core::TransitKeyMetadata>(body, "data", MetadataResult);
}

ReadReply<bool> ReadDisableUpsertReply(std::string_view body) {
  return ReadPart<bool>(body, "data", [](const auto& data) -> core::Result<bool> {
    if (!data) return Unparsable();
    const auto value = RequiredField<bool>(*data, "disable_upsert");
    if (!value) return Unparsable();
    return *value;
  });
}

ReadReply<CapabilitiesByPath> ReadCapabilitiesReply(std::string_view body,
                                                    const std::vector<std::string>& paths) {
  return ReadPart<CapabilitiesByPath>(
      body, "data", [&paths](const auto& data) { return CapabilitiesResult(data, paths); });
}

ReadReply<core::TokenGrant> ReadTokenReply(std::string_view body) {
  return ReadPart<core::TokenGrant>(body, "auth", TokenResult);
}

}  // namespace baokms::adapters::transit_http
