#include "core/wire/transit_ciphertext.h"

#include "core/text/base64.h"

namespace baokms::core {

std::string CiphertextPrefix(TransitKeyVersion version) {
  return "vault:v" + version.ToString() + ":";
}

std::optional<std::size_t> PlaintextBytesOf(std::string_view ciphertext,
                                            TransitKeyVersion version) {
  const std::string prefix = CiphertextPrefix(version);
  if (!ciphertext.starts_with(prefix)) return std::nullopt;
  const auto body = Base64DecodedLength(ciphertext.substr(prefix.size()));
  if (!body || *body <= kCiphertextOverhead) return std::nullopt;
  return *body - kCiphertextOverhead;
}

}  // namespace baokms::core
