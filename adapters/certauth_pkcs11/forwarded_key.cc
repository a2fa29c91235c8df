// OpenSSL 3 calls engines deprecated; the other way to sign elsewhere is a provider with its own
// key management, ten times the code.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "adapters/certauth_pkcs11/forwarded_key.h"

#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <utility>

#include "adapters/openssl/owners.h"

namespace baokms::adapters::certauth_pkcs11 {
namespace {

using openssl::KeyPtr;

void FreeSign(void* /*key*/, void* sign, CRYPTO_EX_DATA* /*data*/, int /*index*/, long /*number*/,
              void* /*pointer*/) {
  delete static_cast<SignElsewhere*>(sign);
}

int SignIndex() {
  static const int index = EVP_PKEY_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeSign);
  return index;
}

// nullopt: a padding that TLS does not sign with.
std::optional<RsaPadding> PaddingOf(EVP_PKEY_CTX* context) {
  RsaPadding rsa;
  if (EVP_PKEY_CTX_get_rsa_padding(context, &rsa.padding) != 1) return std::nullopt;
  if (rsa.padding == RSA_PKCS1_PADDING) return rsa;
  const EVP_MD* mask = nullptr;
  if (rsa.padding != RSA_PKCS1_PSS_PADDING || EVP_PKEY_CTX_get_rsa_mgf1_md(context, &mask) != 1 ||
      mask == nullptr || EVP_PKEY_CTX_get_rsa_pss_saltlen(context, &rsa.salt_length) != 1) {
    return std::nullopt;
  }
  rsa.mask_digest = EVP_MD_get_type(mask);
  return rsa;
}

int Sign(EVP_PKEY_CTX* context, unsigned char* signature, std::size_t* size,
         const unsigned char* digest, std::size_t digest_size) {
  EVP_PKEY* key = EVP_PKEY_CTX_get0_pkey(context);
  const auto* sign = static_cast<SignElsewhere*>(EVP_PKEY_get_ex_data(key, SignIndex()));
  const EVP_MD* kind = nullptr;
  if (sign == nullptr || EVP_PKEY_CTX_get_signature_md(context, &kind) != 1 || kind == nullptr) {
    return 0;
  }
  SignatureRequest request{.digest = {digest, digest + digest_size},
                           .digest_kind = EVP_MD_get_type(kind),
                           .rsa = std::nullopt};
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
    request.rsa = PaddingOf(context);
    if (!request.rsa) return 0;
  }
  const auto made = (*sign)(std::move(request));
  if (!made || made->size() > *size) return 0;
  std::ranges::copy(*made, signature);
  *size = made->size();
  return 1;
}

// OpenSSL's own method for this kind of key, but for the signature itself.
EVP_PKEY_METHOD* MakeMethod(int kind) {
  const EVP_PKEY_METHOD* own = EVP_PKEY_meth_find(kind);
  EVP_PKEY_METHOD* method = EVP_PKEY_meth_new(kind, EVP_PKEY_FLAG_AUTOARGLEN);
  if (own == nullptr || method == nullptr) return nullptr;
  EVP_PKEY_meth_copy(method, own);
  int (*begin)(EVP_PKEY_CTX*) = nullptr;
  EVP_PKEY_meth_get_sign(own, &begin, nullptr);
  EVP_PKEY_meth_set_sign(method, begin, Sign);
  return method;
}

int ForwardingMethods(ENGINE* /*engine*/, EVP_PKEY_METHOD** method, const int** kinds, int kind) {
  static constexpr std::array kKinds = {EVP_PKEY_RSA, EVP_PKEY_EC};
  if (method == nullptr) {
    *kinds = kKinds.data();
    return static_cast<int>(kKinds.size());
  }
  static EVP_PKEY_METHOD* const rsa = MakeMethod(EVP_PKEY_RSA);
  static EVP_PKEY_METHOD* const ec = MakeMethod(EVP_PKEY_EC);
  *method = kind == EVP_PKEY_RSA ? rsa : kind == EVP_PKEY_EC ? ec : nullptr;
  return *method != nullptr ? 1 : 0;
}

// One for the process, never freed, as its methods: OpenSSL has such tables for its own as well.
ENGINE* ForwardingEngine() {
  static ENGINE* const engine = [] {
    ENGINE* made = ENGINE_new();
    if (made != nullptr) ENGINE_set_pkey_meths(made, ForwardingMethods);
    return made;
  }();
  return engine;
}

// A key whose operations may come from an engine: those that OpenSSL decodes may not.
KeyPtr ParsePublicKey(const std::string& der) {
  // OpenSSL reads bytes as unsigned char.
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const KeyPtr decoded(d2i_PUBKEY(nullptr, &bytes, static_cast<long>(der.size())));
  KeyPtr key(EVP_PKEY_new());
  if (!decoded || !key) return nullptr;
  bool taken = false;
  if (RSA* rsa = EVP_PKEY_get1_RSA(decoded.get()); rsa != nullptr) {
    taken = EVP_PKEY_assign_RSA(key.get(), rsa) == 1;
  } else if (EC_KEY* ec = EVP_PKEY_get1_EC_KEY(decoded.get()); ec != nullptr) {
    taken = EVP_PKEY_assign_EC_KEY(key.get(), ec) == 1;
  }
  return taken ? std::move(key) : nullptr;
}

}  // namespace

std::shared_ptr<EVP_PKEY> MakeForwardedKey(const std::string& public_key_der, SignElsewhere sign) {
  KeyPtr key = ParsePublicKey(public_key_der);
  ERR_clear_error();
  if (!key || ForwardingEngine() == nullptr ||
      EVP_PKEY_set1_engine(key.get(), ForwardingEngine()) != 1) {
    return nullptr;
  }
  auto owned = std::make_unique<SignElsewhere>(std::move(sign));
  if (EVP_PKEY_set_ex_data(key.get(), SignIndex(), owned.get()) != 1) return nullptr;
  static_cast<void>(owned.release());  // the key's own now
  return key;
}

}  // namespace baokms::adapters::certauth_pkcs11
