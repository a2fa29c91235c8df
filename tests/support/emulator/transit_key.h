// One named Transit key: its versions and the rules of OpenBao 2.5.3 over them, texts included.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "tests/support/emulator/logical.h"

namespace baokms::emulator {

struct TransitError {
  bool internal = false;  // answered with 500, else 400
  std::string text;
};

class TransitKey {
 public:
  // `now` is the first version's creation time, Unix seconds.
  TransitKey(std::string name, std::string type, std::int64_t now);

  void Rotate(std::int64_t now);

  // `version` 0 is the latest. Texts are base64, as on the wire. The result is "vault:vN:...".
  std::expected<std::string, TransitError> Encrypt(std::int64_t version,
                                                   const std::string& plaintext,
                                                   const std::string& associated_data) const;
  std::expected<std::string, TransitError> Decrypt(std::string_view ciphertext,
                                                   const std::string& associated_data) const;

  // POST keys/<k>/config and /trim: nothing on success, else the text of a 400.
  std::expected<std::string, std::string> Configure(const Json& data);  // value: a warning or ""
  std::expected<void, std::string> Trim(const Json& data);

  // For tests: what no API can do.
  bool SetCreationTime(std::int64_t version, std::int64_t unix_seconds);
  bool RollBackTo(std::int64_t latest_version);

  Json Metadata() const;
  std::int64_t latest_version() const { return latest_version_; }
  bool deletion_allowed() const { return deletion_allowed_; }
  void set_exportable(bool value) { exportable_ = value; }
  void set_allow_plaintext_backup(bool value) { allow_plaintext_backup_ = value; }
  void set_auto_rotate_period(std::int64_t seconds) { auto_rotate_period_ = seconds; }
  void set_derived(bool value) { derived_ = value; }
  void set_convergent(bool value) { convergent_ = value; }

  static bool KnownType(std::string_view type);

 private:
  struct Version {
    std::string key;
    std::int64_t creation_time = 0;
  };

  bool Symmetric() const;
  bool Rsa() const { return type_.starts_with("rsa-"); }

  std::string name_;
  std::string type_;
  std::map<std::int64_t, Version> versions_;
  std::int64_t latest_version_ = 0;
  std::int64_t min_decryption_version_ = 1;
  std::int64_t min_encryption_version_ = 0;
  std::int64_t min_available_version_ = 0;
  std::int64_t auto_rotate_period_ = 0;
  bool deletion_allowed_ = false;
  bool exportable_ = false;
  bool allow_plaintext_backup_ = false;
  bool derived_ = false;
  bool convergent_ = false;  // only of a derived key
};

}  // namespace baokms::emulator
