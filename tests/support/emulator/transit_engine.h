// A transit mount: keys/, config/keys, encrypt/ and decrypt/, single and batch.
#pragma once

#include <cstdint>
#include <map>
#include <shared_mutex>
#include <string>

#include "tests/support/emulator/clock.h"
#include "tests/support/emulator/logical.h"
#include "tests/support/emulator/transit_key.h"

namespace baokms::emulator {

// Thread safe; encrypts and decrypts run side by side.
class TransitEngine {
 public:
  explicit TransitEngine(const Clock& clock) : clock_(clock) {}

  Outcome Handle(const Call& call);

  // OpenBao asks for "create" instead of "update" when the key of an encrypt does not exist.
  bool EncryptWouldCreate(const std::string& path) const;

  bool SetCreationTime(const std::string& key, std::int64_t version, std::int64_t unix_seconds);
  bool RollBack(const std::string& key, std::int64_t latest_version);

 private:
  Outcome HandleKeys(const Call& call, const std::string& rest);
  Outcome CreateKey(const std::string& name, const Json& data);
  Outcome HandleConfigKeys(const Call& call);
  Outcome Encrypt(const std::string& name, const Json& data);
  Outcome Decrypt(const std::string& name, const Json& data);

  const Clock& clock_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, TransitKey> keys_;
  bool disable_upsert_ = false;
};

}  // namespace baokms::emulator
