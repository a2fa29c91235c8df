// Client identities of every kind, made on the spot: a self-signed certificate and its key.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/model/client_identity.h"
#include "core/model/time.h"

namespace baokms::tests {

struct IdentityRecipe {
  std::string key_kind = "P-256";  // "RSA-2048", "RSA-1024", "P-384", "P-224", "ED25519", ...
  std::string digest = "SHA256";   // of the signature; empty: the key's own
  std::string common_name = "node";
  core::UnixSeconds not_before = 1'700'000'000;
  core::UnixSeconds not_after = 1'700'864'000;
  std::string extended_key_usage = "clientAuth";  // OpenSSL's words; empty: no such extension
  std::string key_usage = "digitalSignature";
};

std::shared_ptr<evp_pkey_st> MakeKey(const std::string& kind);
// DER.
std::string MakeCertificate(const IdentityRecipe& recipe, const std::shared_ptr<evp_pkey_st>& key);
// One certificate and its key.
core::ClientIdentity MakeIdentity(const IdentityRecipe& recipe = {});

}  // namespace baokms::tests
