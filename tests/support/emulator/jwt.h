// Signed JWTs in compact form: verification as OpenBao's JWT method does it, and minting.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/emulator/logical.h"
#include "tests/support/emulator/openssl_ptr.h"

namespace baokms::emulator {

using SharedPkey = std::shared_ptr<EVP_PKEY>;

// Null when the text is no PEM public key.
SharedPkey ReadPublicKey(std::string_view pem);
SharedPkey ReadPrivateKey(std::string_view pem);
std::string PublicKeyPem(EVP_PKEY* key);
std::string PrivateKeyPem(EVP_PKEY* key);

enum class SigningKeyKind { kRsa2048, kEcP256, kEd25519 };
SharedPkey GenerateSigningKey(SigningKeyKind kind);

// The claims, once one of the keys verifies the signature; else OpenBao's text.
std::expected<Json, std::string> VerifyJwtSignature(std::string_view token,
                                                    const std::vector<SharedPkey>& keys);

// The algorithm follows the key: RS256, ES256 or EdDSA. `header` adds to or replaces alg and typ.
std::string MintJwt(EVP_PKEY* key, const Json& claims, const Json& header = Json::object());

}  // namespace baokms::emulator
