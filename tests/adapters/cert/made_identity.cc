#include "tests/adapters/cert/made_identity.h"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace baokms::tests {
namespace {

void AddExtension(X509* certificate, int nid, const std::string& value) {
  if (value.empty()) return;
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  REQUIRE(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

std::shared_ptr<evp_pkey_st> MakeKey(const std::string& kind) {
  EVP_PKEY* key = nullptr;
  if (kind.starts_with("RSA-")) {
    key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::stoul(kind.substr(4)));
  } else if (kind == "ED25519" || kind == "ED448") {
    key = EVP_PKEY_Q_keygen(nullptr, nullptr, kind.c_str());
  } else {
    key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kind.c_str());
  }
  REQUIRE(key != nullptr);
  return {key, EVP_PKEY_free};
}

std::string MakeCertificate(const IdentityRecipe& recipe, const std::shared_ptr<evp_pkey_st>& key) {
  const std::shared_ptr<X509> certificate(X509_new(), X509_free);
  X509* x = certificate.get();
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
  ASN1_TIME_set(X509_getm_notBefore(x), recipe.not_before);
  ASN1_TIME_set(X509_getm_notAfter(x), recipe.not_after);
  X509_set_pubkey(x, key.get());
  X509_NAME* name = X509_get_subject_name(x);
  const auto add = [name](const char* field, const std::string& value) {
    // OpenSSL reads bytes as unsigned char.
    X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0);
  };
  add("O", "test");
  if (!recipe.common_name.empty()) add("CN", recipe.common_name);
  X509_set_issuer_name(x, name);
  AddExtension(x, NID_key_usage, recipe.key_usage);
  AddExtension(x, NID_ext_key_usage, recipe.extended_key_usage);
  const EVP_MD* digest =
      recipe.digest.empty() ? nullptr : EVP_get_digestbyname(recipe.digest.c_str());
  REQUIRE(X509_sign(x, key.get(), digest) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(x, &der);
  REQUIRE(size > 0);
  // The same bytes as text.
  std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

core::ClientIdentity MakeIdentity(const IdentityRecipe& recipe) {
  auto key = MakeKey(recipe.key_kind);
  return {.chain_der = {MakeCertificate(recipe, key)}, .key = key};
}

}  // namespace baokms::tests
