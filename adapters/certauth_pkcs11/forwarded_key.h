// The EVP_PKEY that TLS and the checks hold: the public half of the token's key, and signatures
// that someone else makes. So whoever signs waits no longer than that someone lets it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "adapters/certauth_pkcs11/signature_request.h"

struct evp_pkey_st;

namespace baokms::adapters::certauth_pkcs11 {

// On whichever thread signs; nullopt: no signature.
using SignElsewhere = std::function<std::optional<Bytes>(SignatureRequest)>;

// `public_key_der` is a SubjectPublicKeyInfo of an RSA or EC key; null for anything else.
std::shared_ptr<evp_pkey_st> MakeForwardedKey(const std::string& public_key_der,
                                              SignElsewhere sign);

}  // namespace baokms::adapters::certauth_pkcs11
