// A signature by the key in the token, on the module's thread.
#pragma once

#include <openssl/types.h>

#include <optional>

#include "adapters/certauth_pkcs11/signature_request.h"

namespace baokms::adapters::certauth_pkcs11 {

// Makes libp11 ask the token for RSA with its padding (CKM_RSA_PKCS_PSS, CKM_RSA_PKCS) and never
// for the bare operation (CKM_RSA_X_509), which strict tokens refuse. `key` is of
// PKCS11_get_private_key.
bool LetTokenPad(EVP_PKEY* key);

// Blocks for as long as the module does.
std::optional<Bytes> SignInToken(EVP_PKEY* key, const SignatureRequest& request);

}  // namespace baokms::adapters::certauth_pkcs11
