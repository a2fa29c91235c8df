// The Kubernetes key_id: "obk2." + base64url(SHA-256), 48 characters (wire-contract.md, "key_id").
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "core/model/error.h"

namespace baokms::core {

class KeyId {
 public:
  static constexpr std::string_view kPrefix = "obk2.";
  static constexpr std::size_t kLength = 48;

  // Exactly 48 characters, the prefix, and a body that decodes strictly to 32 bytes; else
  // MalformedKeyId.
  static Result<KeyId> Parse(std::string_view text);
  // From the 32 bytes of the digest.
  static KeyId FromDigest(std::string_view digest);

  const std::string& str() const { return text_; }

  friend auto operator<=>(const KeyId&, const KeyId&) = default;

 private:
  explicit KeyId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace baokms::core
