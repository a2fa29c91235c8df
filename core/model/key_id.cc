#include "core/model/key_id.h"

#include "core/text/base64.h"

namespace baokms::core {

Result<KeyId> KeyId::Parse(std::string_view text) {
  if (text.size() != kLength || !text.starts_with(kPrefix)) {
    return std::unexpected(MalformedKeyId());
  }
  if (!Base64UrlDecode(text.substr(kPrefix.size()))) return std::unexpected(MalformedKeyId());
  return KeyId(std::string(text));
}

KeyId KeyId::FromDigest(std::string_view digest) {
  return KeyId(std::string(kPrefix) + Base64UrlEncode(digest));
}

}  // namespace baokms::core
