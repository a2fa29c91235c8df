// KMS v2 requests and replies as the domain sees them (wire-contract.md, "KMS v2 service").
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/model/annotations.h"
#include "core/model/ciphertext.h"
#include "core/model/error.h"
#include "core/model/key_id.h"
#include "core/model/secret.h"

namespace baokms::core {

enum class KmsMethod : std::uint8_t { kStatus, kEncrypt, kDecrypt };

struct StatusReply {
  bool healthy = false;
  std::string key_id;  // empty when unhealthy
};

struct EncryptReply {
  Ciphertext ciphertext;
  KeyId key_id;
  std::shared_ptr<const Annotations> annotations;
};

struct DecryptRequest {
  std::string ciphertext;
  std::string key_id;
  Annotations annotations;
};

struct DecryptReply {
  Secret plaintext;
};

// A result with what its log line may say of it: public hashes, never a raw key_id.
template <typename T>
struct KmsOutcome {
  Result<T> result;
  std::string key_id_hash;               // empty: unknown
  std::int64_t transit_key_version = 0;  // 0: unknown
  bool shared = false;                   // it was the result of another request's call
};

// Wire limits (wire-contract.md, "Limits").
inline constexpr std::size_t kMaxCiphertextBytes = 1023;
inline constexpr std::size_t kMaxKeyIdBytes = 1023;
inline constexpr std::size_t kMaxAnnotationBytes = 32767;
inline constexpr std::size_t kMaxMessageBytes = 64 * 1024;

}  // namespace baokms::core
