// A client certificate and its key as TLS needs them (auth.md, "Certificates"): what a certificate
// source yields, the checks judge and the transport presents.
#pragma once

#include <memory>
#include <string>
#include <vector>

struct evp_pkey_st;  // OpenSSL's EVP_PKEY: this header is as far as core knows it

namespace baokms::core {

struct ClientIdentity {
  // DER, the leaf first, then what a server needs to find its authority; never empty.
  std::vector<std::string> chain_der;
  // Signs with the leaf's private key, which may live in a token and never leave it: a signature
  // may then block for as long as the token's module likes. Never null. One thread at a time.
  std::shared_ptr<evp_pkey_st> key;
  // False: an RSA key in a token that signs PKCS#1 v1.5 alone, as TLS 1.2 lets it. Who presents it
  // must not let TLS choose PSS (adapters/openssl/client_signatures.h).
  bool rsa_pss = true;
};

// Null where no client certificate is presented.
using ClientIdentityRef = std::shared_ptr<const ClientIdentity>;

}  // namespace baokms::core
