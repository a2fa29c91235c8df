// One signature that TLS asks for, as it travels from the key that TLS holds to the module's
// thread.
#pragma once

#include <optional>
#include <vector>

namespace baokms::adapters::certauth_pkcs11 {

using Bytes = std::vector<unsigned char>;

struct RsaPadding {
  int padding = 0;      // OpenSSL's RSA_PKCS1_PADDING or RSA_PKCS1_PSS_PADDING
  int salt_length = 0;  // PSS: as EVP_PKEY_CTX_set_rsa_pss_saltlen has it
  int mask_digest = 0;  // PSS: the NID of the mask's digest
};

struct SignatureRequest {
  Bytes digest;                   // of what is signed
  int digest_kind = 0;            // its NID
  std::optional<RsaPadding> rsa;  // none: ECDSA
};

}  // namespace baokms::adapters::certauth_pkcs11
