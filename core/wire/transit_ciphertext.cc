#include "core/wire/transit_ciphertext.h"

#include "core/text/base64.h"

namespace baokms::core {
namespace {

// 12 bytes of nonce, at least one of ciphertext, 16 of tag.
constexpr std::size_t kLeastBody = 29;

}  // namespace

std::string CiphertextPrefix(TransitKeyVersion version) {
  return "vault:v" + version.ToString() + ":";
}

bool IsCiphertextOf(std::string_view ciphertext, TransitKeyVersion version) {
  const std::string prefix = CiphertextPrefix(version);
  if (!ciphertext.starts_with(prefix)) return false;
  const auto body = Base64DecodedLength(ciphertext.substr(prefix.size()));
  return body && *body >= kLeastBody;
}

}  // namespace baokms::core
