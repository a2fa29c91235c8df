#include "adapters/cert/certificate_check.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "adapters/openssl/certificate_times.h"
#include "adapters/openssl/owners.h"

namespace baokms::adapters::cert {
namespace {

using openssl::DigestContextPtr;
using openssl::SecondsOf;
using openssl::X509Ptr;

constexpr int kLeastRsaBits = 2048;
constexpr std::size_t kProbeBytes = 32;

// Leaves no trace in the thread's error queue, which the next TLS call would read as its own.
struct ErrorQueueCleared {
  ErrorQueueCleared() = default;
  ~ErrorQueueCleared() { ERR_clear_error(); }
  ErrorQueueCleared(const ErrorQueueCleared&) = delete;
  ErrorQueueCleared& operator=(const ErrorQueueCleared&) = delete;
};

X509Ptr Parse(const std::string& der) {
  // OpenSSL reads bytes as unsigned char.
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = bytes + der.size();
  X509Ptr certificate(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
  if (bytes != end) return nullptr;  // something behind it
  return certificate;
}

std::int64_t FloorSeconds(std::chrono::nanoseconds duration) {
  return std::chrono::floor<std::chrono::seconds>(duration).count();
}

bool HasWeakSignature(X509* certificate) {
  int digest = NID_undef;
  int key = NID_undef;
  int bits = 0;
  std::uint32_t flags = 0;
  if (X509_get_signature_info(certificate, &digest, &key, &bits, &flags) != 1) {
    // OpenSSL knows no strength for it: MD2 is among those.
    return X509_get_signature_nid(certificate) != NID_ED25519;
  }
  return digest == NID_md5 || digest == NID_sha1 || digest == NID_md5_sha1;
}

bool IsStrongKey(EVP_PKEY* key) {
  if (key == nullptr) return false;
  if (EVP_PKEY_is_a(key, "RSA") == 1) return EVP_PKEY_get_bits(key) >= kLeastRsaBits;
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return true;
  if (EVP_PKEY_is_a(key, "EC") != 1) return false;
  std::array<char, 64> group{};
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return false;
  const int curve = OBJ_txt2nid(group.data());
  return curve == NID_X9_62_prime256v1 || curve == NID_secp384r1 || curve == NID_secp521r1;
}

std::optional<CertificateProblem> CheckDates(const X509* leaf, core::UnixSeconds expires_at,
                                             const CertificateExpectations& expected,
                                             core::UnixSeconds now) {
  const auto starts_at = SecondsOf(X509_get0_notBefore(leaf));
  if (!starts_at) return CertificateProblem::kNotParsed;
  const std::int64_t leeway = FloorSeconds(expected.clock_skew_leeway);
  if (*starts_at - now > leeway) return CertificateProblem::kNotYetValid;
  if (now - expires_at > leeway) return CertificateProblem::kExpired;
  if (expires_at - now <= FloorSeconds(expected.min_remaining_ttl)) {
    return CertificateProblem::kNearExpiry;
  }
  return std::nullopt;
}

std::optional<CertificateProblem> CheckUsage(X509* leaf) {
  // Both answer "all bits" when the extension is absent.
  constexpr std::uint32_t kClient = XKU_SSL_CLIENT | XKU_ANYEKU;
  if ((X509_get_extended_key_usage(leaf) & kClient) == 0) return CertificateProblem::kNoClientAuth;
  if ((X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0) return CertificateProblem::kNoSigning;
  return std::nullopt;
}

bool HasCommonName(const X509* leaf) {
  const X509_NAME* subject = X509_get_subject_name(leaf);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return false;
  const ASN1_STRING* name = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  return ASN1_STRING_length(name) > 0;
}

// RSA as TLS 1.3 has it.
bool UsePss(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

using Bytes = std::vector<unsigned char>;

std::optional<Bytes> Sign(EVP_PKEY* key, const EVP_MD* digest, bool pss, const Bytes& text) {
  const DigestContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  std::size_t size = 0;
  if (!context || EVP_DigestSignInit(context.get(), &options, digest, nullptr, key) != 1 ||
      (pss && !UsePss(options)) ||
      EVP_DigestSign(context.get(), nullptr, &size, text.data(), text.size()) != 1) {
    return std::nullopt;
  }
  Bytes signature(size);
  if (EVP_DigestSign(context.get(), signature.data(), &size, text.data(), text.size()) != 1) {
    return std::nullopt;
  }
  signature.resize(size);
  return signature;
}

bool Verify(EVP_PKEY* key, const EVP_MD* digest, bool pss, const Bytes& text,
            const Bytes& signature) {
  const DigestContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  return context && EVP_DigestVerifyInit(context.get(), &options, digest, nullptr, key) == 1 &&
         (!pss || UsePss(options)) &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), text.data(),
                          text.size()) == 1;
}

}  // namespace

std::expected<CertificateFacts, CertificateProblem> CheckCertificate(
    const core::ClientIdentity& identity, const CertificateExpectations& expected,
    core::UnixSeconds now) {
  const ErrorQueueCleared cleared;
  const auto refuse = [](CertificateProblem problem) { return std::unexpected(problem); };
  std::vector<X509Ptr> chain;
  for (const std::string& der : identity.chain_der) {
    chain.push_back(Parse(der));
    if (!chain.back()) return refuse(CertificateProblem::kNotParsed);
  }
  if (chain.empty()) return refuse(CertificateProblem::kNotParsed);
  X509* leaf = chain.front().get();

  const auto expires_at = SecondsOf(X509_get0_notAfter(leaf));
  if (!expires_at) return refuse(CertificateProblem::kNotParsed);
  if (const auto problem = CheckDates(leaf, *expires_at, expected, now)) return refuse(*problem);
  if (const auto problem = CheckUsage(leaf)) return refuse(*problem);
  for (const X509Ptr& certificate : chain) {
    if (HasWeakSignature(certificate.get())) return refuse(CertificateProblem::kWeakSignature);
  }
  EVP_PKEY* key = X509_get0_pubkey(leaf);
  if (!IsStrongKey(key)) return refuse(CertificateProblem::kWeakKey);
  if (EVP_PKEY_eq(key, identity.key.get()) != 1) return refuse(CertificateProblem::kKeyMismatch);
  return CertificateFacts{.expires_at = *expires_at, .has_common_name = HasCommonName(leaf)};
}

std::optional<core::UnixSeconds> ExpiryOf(const core::ClientIdentity& identity) {
  const ErrorQueueCleared cleared;
  const X509Ptr leaf = identity.chain_der.empty() ? nullptr : Parse(identity.chain_der.front());
  return leaf ? SecondsOf(X509_get0_notAfter(leaf.get())) : std::nullopt;
}

bool SignatureVerifies(const core::ClientIdentity& identity) {
  const ErrorQueueCleared cleared;
  const X509Ptr leaf = Parse(identity.chain_der.front());
  EVP_PKEY* key = leaf ? X509_get0_pubkey(leaf.get()) : nullptr;
  Bytes text(kProbeBytes);
  if (key == nullptr || RAND_bytes(text.data(), static_cast<int>(text.size())) != 1) return false;
  const bool rsa = EVP_PKEY_is_a(key, "RSA") == 1;
  const EVP_MD* digest = EVP_PKEY_is_a(key, "ED25519") == 1 ? nullptr : EVP_sha256();
  const auto works = [&](bool pss) {
    const auto signature = Sign(identity.key.get(), digest, pss, text);
    return signature && Verify(key, digest, pss, text, *signature);
  };
  // As TLS will have it signed.
  return works(/*pss=*/rsa && identity.rsa_pss);
}

}  // namespace baokms::adapters::cert
