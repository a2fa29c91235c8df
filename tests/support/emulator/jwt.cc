#include "tests/support/emulator/jwt.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "tests/support/emulator/encoding.h"
#include "tests/support/emulator/openssl_bytes.h"

namespace baokms::emulator {
namespace {

struct Algorithm {
  std::string_view name;
  int key_type;
  const EVP_MD* (*digest)();
  std::size_t ec_bytes;  // of r and of s
};

constexpr std::array<Algorithm, 7> kAlgorithms = {{{"RS256", EVP_PKEY_RSA, EVP_sha256, 0},
                                                   {"RS384", EVP_PKEY_RSA, EVP_sha384, 0},
                                                   {"RS512", EVP_PKEY_RSA, EVP_sha512, 0},
                                                   {"ES256", EVP_PKEY_EC, EVP_sha256, 32},
                                                   {"ES384", EVP_PKEY_EC, EVP_sha384, 48},
                                                   {"ES512", EVP_PKEY_EC, EVP_sha512, 66},
                                                   {"EdDSA", EVP_PKEY_ED25519, nullptr, 0}}};

BioPtr ReadOnly(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string Contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

// JWS carries r and s side by side; OpenSSL wants them in DER.
std::string EcdsaToDer(std::string_view signature) {
  const std::size_t half = signature.size() / 2;
  ECDSA_SIG* parts = ECDSA_SIG_new();
  ECDSA_SIG_set0(parts, BN_bin2bn(Bytes(signature), static_cast<int>(half), nullptr),
                 BN_bin2bn(Bytes(signature) + half, static_cast<int>(half), nullptr));
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(parts, &der);
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  ECDSA_SIG_free(parts);
  return out;
}

std::string EcdsaFromDer(std::string_view der, std::size_t half) {
  const unsigned char* at = Bytes(der);
  ECDSA_SIG* parts = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  std::string out(2 * half, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(parts), bytes, static_cast<int>(half));
  BN_bn2binpad(ECDSA_SIG_get0_s(parts), bytes + half, static_cast<int>(half));
  ECDSA_SIG_free(parts);
  return out;
}

bool Verifies(const Algorithm& algorithm, EVP_PKEY* key, std::string_view signed_part,
              std::string_view signature) {
  if (EVP_PKEY_get_base_id(key) != algorithm.key_type) return false;
  std::string der;
  if (algorithm.ec_bytes != 0) {
    if (signature.size() != 2 * algorithm.ec_bytes) return false;
    der = EcdsaToDer(signature);
    signature = der;
  }
  const EvpMdCtxPtr ctx(EVP_MD_CTX_new());
  const EVP_MD* digest = algorithm.digest == nullptr ? nullptr : algorithm.digest();
  return EVP_DigestVerifyInit(ctx.get(), nullptr, digest, nullptr, key) == 1 &&
         EVP_DigestVerify(ctx.get(), Bytes(signature), signature.size(), Bytes(signed_part),
                          signed_part.size()) == 1;
}

const Algorithm* AlgorithmOf(EVP_PKEY* key) {
  for (const Algorithm& algorithm : kAlgorithms) {
    if (EVP_PKEY_get_base_id(key) == algorithm.key_type) return &algorithm;
  }
  return nullptr;
}

}  // namespace

SharedPkey ReadPublicKey(std::string_view pem) {
  const BioPtr bio = ReadOnly(pem);
  return {PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
}

SharedPkey ReadPrivateKey(std::string_view pem) {
  const BioPtr bio = ReadOnly(pem);
  return {PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
}

std::string PublicKeyPem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(bio.get(), key);
  return Contents(bio.get());
}

std::string PrivateKeyPem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return Contents(bio.get());
}

SharedPkey GenerateSigningKey(SigningKeyKind kind) {
  EVP_PKEY* key = nullptr;
  switch (kind) {
    case SigningKeyKind::kRsa2048:
      key = EVP_RSA_gen(2048);
      break;
    case SigningKeyKind::kEcP256:
      key = EVP_EC_gen("P-256");
      break;
    case SigningKeyKind::kEd25519:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      break;
  }
  if (key == nullptr) throw std::runtime_error("key generation failed");
  return {key, EVP_PKEY_free};
}

std::expected<Json, std::string> VerifyJwtSignature(std::string_view token,
                                                    const std::vector<SharedPkey>& keys) {
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (first == std::string_view::npos || first == last || token.find('.', first + 1) != last) {
    return std::unexpected("go-jose/go-jose: compact JWS format must have three parts");
  }
  const auto header_bytes = Base64UrlDecode(token.substr(0, first));
  const auto payload = Base64UrlDecode(token.substr(first + 1, last - first - 1));
  const auto signature = Base64UrlDecode(token.substr(last + 1));
  if (!header_bytes || !payload || !signature) {
    return std::unexpected(IllegalBase64Text(0));
  }
  const Json header = Json::parse(*header_bytes, nullptr, false);
  if (!header.is_object()) {
    return std::unexpected("invalid character in JWS header");
  }
  const std::string name = header.value("alg", "");
  for (const Algorithm& algorithm : kAlgorithms) {
    if (algorithm.name != name) continue;
    for (const SharedPkey& key : keys) {
      if (!Verifies(algorithm, key.get(), token.substr(0, last), *signature)) continue;
      Json claims = Json::parse(*payload, nullptr, false);
      if (!claims.is_object()) return std::unexpected("failed to unmarshal claims");
      return claims;
    }
  }
  return std::unexpected("no known key successfully validated the token signature");
}

std::string MintJwt(EVP_PKEY* key, const Json& claims, const Json& header) {
  const Algorithm* algorithm = AlgorithmOf(key);
  if (algorithm == nullptr) throw std::runtime_error("no JWS algorithm for this key");
  Json full_header = {{"alg", algorithm->name}, {"typ", "JWT"}};
  full_header.update(header);
  std::string token = Base64UrlEncode(full_header.dump()) + "." + Base64UrlEncode(claims.dump());
  const EvpMdCtxPtr ctx(EVP_MD_CTX_new());
  const EVP_MD* digest = algorithm->digest == nullptr ? nullptr : algorithm->digest();
  std::size_t length = 0;
  if (EVP_DigestSignInit(ctx.get(), nullptr, digest, nullptr, key) != 1 ||
      EVP_DigestSign(ctx.get(), nullptr, &length, Bytes(token), token.size()) != 1) {
    throw std::runtime_error("signing failed");
  }
  std::string signature(length, '\0');
  if (EVP_DigestSign(ctx.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                     Bytes(token), token.size()) != 1) {
    throw std::runtime_error("signing failed");
  }
  signature.resize(length);
  if (algorithm->ec_bytes != 0) signature = EcdsaFromDer(signature, algorithm->ec_bytes);
  return token + "." + Base64UrlEncode(signature);
}

}  // namespace baokms::emulator
