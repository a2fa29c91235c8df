#include "tests/support/emulator/transit_key.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "tests/support/emulator/aes_gcm.h"
#include "tests/support/emulator/clock.h"
#include "tests/support/emulator/encoding.h"
#include "tests/support/emulator/fields.h"

namespace baokms::emulator {
namespace {

constexpr std::array<std::string_view, 4> kSymmetricTypes = {
    "aes256-gcm96", "aes128-gcm96", "chacha20-poly1305", "xchacha20-poly1305"};
constexpr std::array<std::string_view, 8> kOtherTypes = {"ecdsa-p256", "ecdsa-p384", "ecdsa-p521",
                                                         "ed25519",    "rsa-2048",   "rsa-3072",
                                                         "rsa-4096",   "hmac"};

std::unexpected<TransitError> UserError(std::string text) {
  return std::unexpected(TransitError{/*internal=*/false, std::move(text)});
}

std::expected<std::string, TransitError> AssociatedData(const std::string& encoded) {
  auto decoded = Base64Decode(encoded);
  if (decoded) return *std::move(decoded);
  return std::unexpected(TransitError{
      /*internal=*/true, "unable to get associated_data/additional_data from factory[0]: " +
                             IllegalBase64Text(decoded.error())});
}

}  // namespace

TransitKey::TransitKey(std::string name, std::string type, std::int64_t now)
    : name_(std::move(name)), type_(std::move(type)) {
  Rotate(now);
}

bool TransitKey::KnownType(std::string_view type) {
  return std::ranges::find(kSymmetricTypes, type) != kSymmetricTypes.end() ||
         std::ranges::find(kOtherTypes, type) != kOtherTypes.end();
}

bool TransitKey::Symmetric() const {
  return std::ranges::find(kSymmetricTypes, type_) != kSymmetricTypes.end();
}

void TransitKey::Rotate(std::int64_t now) {
  versions_[++latest_version_] = Version{RandomBytes(kAesKeyBytes), now};
}

std::expected<std::string, TransitError> TransitKey::Encrypt(
    std::int64_t version, const std::string& plaintext, const std::string& associated_data) const {
  if (!Symmetric()) return UserError("message encryption not supported for key type " + type_);
  const auto bytes = Base64Decode(plaintext);
  if (!bytes) return UserError(IllegalBase64Text(bytes.error()));
  if (version == 0) {
    version = latest_version_;
  } else if (version < 0) {
    return UserError("requested version for encryption is negative");
  } else if (version > latest_version_) {
    return UserError("requested version for encryption is higher than the latest key version");
  } else if (version < min_encryption_version_) {
    return UserError(
        "requested version for encryption is less than the minimum encryption key "
        "version");
  }
  const auto found = versions_.find(version);
  if (found == versions_.end()) return std::unexpected(TransitError{true, "no such key version"});
  const auto aad = AssociatedData(associated_data);
  if (!aad) return std::unexpected(aad.error());
  return "vault:v" + std::to_string(version) + ":" +
         Base64Encode(AesGcmSeal(found->second.key, *bytes, *aad));
}

std::expected<std::string, TransitError> TransitKey::Decrypt(
    std::string_view ciphertext, const std::string& associated_data) const {
  constexpr std::string_view kPrefix = "vault:v";
  if (!Symmetric()) return UserError("message decryption not supported for key type " + type_);
  if (!ciphertext.starts_with(kPrefix)) return UserError("invalid ciphertext: no prefix");
  ciphertext.remove_prefix(kPrefix.size());
  const auto colon = ciphertext.find(':');
  if (colon == std::string_view::npos) {
    return UserError("invalid ciphertext: wrong number of fields");
  }
  std::string_view digits = ciphertext.substr(0, colon);
  if (digits.starts_with('+')) digits.remove_prefix(1);  // as Go's Atoi
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return UserError("invalid ciphertext: version number could not be decoded");
  }
  if (version == 0) version = 1;  // the malleable prefix of openbao-observed.md
  if (version > latest_version_) return UserError("invalid ciphertext: version is too new");
  if (version < min_decryption_version_) {
    return UserError("ciphertext or signature version is disallowed by policy (too old)");
  }
  const auto sealed = Base64Decode(ciphertext.substr(colon + 1));
  if (!sealed) return UserError("invalid ciphertext: could not decode base64");
  const auto found = versions_.find(version);
  if (found == versions_.end()) return std::unexpected(TransitError{true, "no such key version"});
  const auto aad = AssociatedData(associated_data);
  if (!aad) return std::unexpected(aad.error());
  if (sealed->size() < kGcmNonceBytes) return UserError("invalid ciphertext length");
  const auto plaintext = AesGcmOpen(found->second.key, *sealed, *aad);
  if (!plaintext) return UserError("cipher: message authentication failed");
  return Base64Encode(*plaintext);
}

std::expected<std::string, std::string> TransitKey::Configure(const Json& data) {
  const auto decryption = IntField(data, "min_decryption_version", min_decryption_version_);
  const auto encryption = IntField(data, "min_encryption_version", min_encryption_version_);
  const auto period = DurationField(data, "auto_rotate_period", auto_rotate_period_);
  if (!decryption) return std::unexpected(decryption.error());
  if (!encryption) return std::unexpected(encryption.error());
  if (!period) return std::unexpected(period.error());
  std::string warning;
  std::int64_t min_decryption = *decryption;
  if (min_decryption < 0) return std::unexpected("min decryption version cannot be negative");
  if (min_decryption == 0) {
    min_decryption = 1;
    warning =
        "since Vault 0.3 (prior to the OpenBao fork), transit key numbering starts at 1; "
        "forcing minimum to 1";
  }
  const std::string latest = std::to_string(latest_version_);
  if (min_decryption > latest_version_) {
    return std::unexpected("cannot set min decryption version of " +
                           std::to_string(min_decryption) + ", latest key version is " + latest);
  }
  if (*encryption < 0) return std::unexpected("min encryption version cannot be negative");
  if (*encryption > latest_version_) {
    return std::unexpected("cannot set min encryption version of " + std::to_string(*encryption) +
                           ", latest key version is " + latest);
  }
  if (*encryption > 0 && *encryption < min_decryption) {
    return std::unexpected(
        "cannot set min encryption/decryption values; min encryption version of " +
        std::to_string(*encryption) +
        " must be greater than or equal to min decryption version of " +
        std::to_string(min_decryption));
  }
  if (*period != 0 && *period < 3600) {
    return std::unexpected("auto rotate period must be 0 to disable or at least an hour");
  }
  if (min_available_version_ > *encryption) {
    return std::unexpected("min encryption version should not be less than min available version");
  }
  if (min_available_version_ > min_decryption) {
    return std::unexpected("min decryption version should not be less then min available version");
  }
  min_decryption_version_ = min_decryption;
  min_encryption_version_ = *encryption;
  auto_rotate_period_ = *period;
  deletion_allowed_ = BoolField(data, "deletion_allowed", deletion_allowed_);
  exportable_ = exportable_ || BoolField(data, "exportable", false);
  allow_plaintext_backup_ =
      allow_plaintext_backup_ || BoolField(data, "allow_plaintext_backup", false);
  return warning;
}

std::expected<void, std::string> TransitKey::Trim(const Json& data) {
  if (!HasField(data, "min_available_version")) {
    return std::unexpected("missing min_available_version");
  }
  const auto wanted = IntField(data, "min_available_version", 0);
  if (!wanted) return std::unexpected(wanted.error());
  if (*wanted < min_available_version_) {
    return std::unexpected("minimum available version cannot be decremented");
  }
  if (min_encryption_version_ == 0) {
    return std::unexpected(
        "minimum available version cannot be set when minimum encryption version is not set");
  }
  if (*wanted > min_encryption_version_) {
    return std::unexpected(
        "minimum available version cannot be greater than minmum encryption version");
  }
  if (*wanted > min_decryption_version_) {
    return std::unexpected(
        "minimum available version cannot be greater than minimum decryption version");
  }
  if (*wanted <= 0) return std::unexpected("minimum available version should be positive");
  min_available_version_ = *wanted;
  versions_.erase(versions_.begin(), versions_.lower_bound(min_available_version_));
  return {};
}

bool TransitKey::SetCreationTime(std::int64_t version, std::int64_t unix_seconds) {
  const auto found = versions_.find(version);
  if (found == versions_.end()) return false;
  found->second.creation_time = unix_seconds;
  return true;
}

bool TransitKey::RollBackTo(std::int64_t latest_version) {
  if (!versions_.contains(latest_version)) return false;
  versions_.erase(versions_.upper_bound(latest_version), versions_.end());
  latest_version_ = latest_version;
  min_decryption_version_ = std::min(min_decryption_version_, latest_version);
  min_encryption_version_ = std::min(min_encryption_version_, latest_version);
  return true;
}

Json TransitKey::Metadata() const {
  Json keys = Json::object();
  for (const auto& [number, version] : versions_) {
    if (number < min_decryption_version_) continue;
    if (Symmetric()) {
      keys[std::to_string(number)] = version.creation_time;
    } else {
      keys[std::to_string(number)] = {{"creation_time", Rfc3339(version.creation_time * 1000)},
                                      {"name", type_},
                                      {"public_key", ""},
                                      {"certificate_chain", ""}};
    }
  }
  const bool signs = type_.starts_with("ecdsa") || type_ == "ed25519" || Rsa();
  Json data = {{"allow_plaintext_backup", allow_plaintext_backup_},
               {"auto_rotate_period", auto_rotate_period_},
               {"deletion_allowed", deletion_allowed_},
               {"derived", derived_},
               {"exportable", exportable_},
               {"imported_key", false},
               {"keys", std::move(keys)},
               {"latest_version", latest_version_},
               {"min_available_version", min_available_version_},
               {"min_decryption_version", min_decryption_version_},
               {"min_encryption_version", min_encryption_version_},
               {"name", name_},
               {"soft_deleted", false},
               {"supports_decryption", Symmetric() || Rsa()},
               {"supports_derivation", Symmetric() || type_ == "ed25519"},
               {"supports_encryption", Symmetric() || Rsa()},
               {"supports_signing", signs},
               {"type", type_}};
  if (derived_) {
    data["kdf"] = "hkdf_sha256";
    data["convergent_encryption"] = convergent_;
    if (convergent_) data["convergent_encryption_version"] = -1;
  }
  return data;
}

}  // namespace baokms::emulator
