#include "core/wire/sha256.h"

#include <openssl/sha.h>

#include "core/text/base64.h"
#include "core/text/hex.h"

namespace baokms::core {

std::string Sha256(std::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));  // libcrypto's bytes are unsigned
  return digest;
}

std::string PublicHash(std::string_view text) { return Base64UrlEncode(Sha256(text)); }

std::string KubernetesHash(std::string_view text) {
  std::string hash = "sha256:";
  for (const char byte : Sha256(text)) AppendHex(hash, static_cast<unsigned char>(byte));
  return hash;
}

}  // namespace baokms::core
