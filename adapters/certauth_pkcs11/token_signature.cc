// OpenSSL 3 calls engines deprecated, and libp11 0.4 knows nothing else.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "adapters/certauth_pkcs11/token_signature.h"

#include <libp11.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "adapters/openssl/owners.h"

namespace baokms::adapters::certauth_pkcs11 {
namespace {

// One for the process, never freed: with an engine libp11's method tables are freed, which it goes
// on handing out.
ENGINE* PaddingEngine() {
  static ENGINE* const engine = [] {
    ENGINE* made = ENGINE_new();
    if (made != nullptr && ENGINE_set_pkey_meths(made, PKCS11_pkey_meths) != 1) {
      ENGINE_free(made);
      made = nullptr;
    }
    return made;
  }();
  return engine;
}

bool SetPadding(EVP_PKEY_CTX* context, const RsaPadding& rsa) {
  if (EVP_PKEY_CTX_set_rsa_padding(context, rsa.padding) != 1) return false;
  return rsa.padding != RSA_PKCS1_PSS_PADDING ||
         (EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_get_digestbynid(rsa.mask_digest)) == 1 &&
          EVP_PKEY_CTX_set_rsa_pss_saltlen(context, rsa.salt_length) == 1);
}

std::optional<Bytes> Sign(EVP_PKEY* key, const SignatureRequest& request) {
  const openssl::KeyContextPtr context(EVP_PKEY_CTX_new(key, nullptr));
  const EVP_MD* digest = EVP_get_digestbynid(request.digest_kind);
  if (!context || digest == nullptr || EVP_PKEY_sign_init(context.get()) != 1 ||
      (request.rsa && !SetPadding(context.get(), *request.rsa)) ||
      EVP_PKEY_CTX_set_signature_md(context.get(), digest) != 1) {
    return std::nullopt;
  }
  Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  std::size_t size = signature.size();
  if (EVP_PKEY_sign(context.get(), signature.data(), &size, request.digest.data(),
                    request.digest.size()) != 1) {
    return std::nullopt;
  }
  signature.resize(size);
  return signature;
}

}  // namespace

bool LetTokenPad(EVP_PKEY* key) {
  return PaddingEngine() != nullptr && EVP_PKEY_set1_engine(key, PaddingEngine()) == 1;
}

std::optional<Bytes> SignInToken(EVP_PKEY* key, const SignatureRequest& request) {
  auto signature = Sign(key, request);
  ERR_clear_error();
  return signature;
}

}  // namespace baokms::adapters::certauth_pkcs11
