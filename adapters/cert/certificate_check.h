// The local checks on a client certificate before it is used to log in (auth.md, "Certificates");
// whether its authority is trusted is OpenBao's to judge. Used for every source of certificates:
// pkcs11, spiffe.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>

#include "core/model/client_identity.h"
#include "core/model/time.h"

namespace baokms::adapters::cert {

enum class CertificateProblem : std::uint8_t {
  kNotParsed,  // a certificate of the chain is damaged, or there is none
  kNotYetValid,
  kExpired,
  kNearExpiry,     // valid for minRemainingTtl or less
  kNoClientAuth,   // an extended key usage without clientAuth and any
  kNoSigning,      // a key usage without digitalSignature
  kWeakSignature,  // MD2, MD5 or SHA-1 anywhere in the chain
  kWeakKey,        // RSA below 2048 bits, a curve below P-256, or another kind of key
  kKeyMismatch,    // the leaf's public key is not the signer's
};

struct CertificateExpectations {
  std::chrono::nanoseconds clock_skew_leeway{};
  std::chrono::nanoseconds min_remaining_ttl{};
};

struct CertificateFacts {
  core::UnixSeconds expires_at = 0;  // the leaf's
  // OpenBao's cert auth names the entity after it and refuses a leaf without one.
  bool has_common_name = false;
};

// `now` in seconds of the wall clock. Does not sign.
std::expected<CertificateFacts, CertificateProblem> CheckCertificate(
    const core::ClientIdentity& identity, const CertificateExpectations& expected,
    core::UnixSeconds now);

// When the leaf expires or has expired, whatever else is wrong with it; nullopt: it is damaged.
std::optional<core::UnixSeconds> ExpiryOf(const core::ClientIdentity& identity);

// Whether a signature of the identity's key over a random text verifies with the leaf's public key.
// Blocks for as long as the key's module does.
bool SignatureVerifies(const core::ClientIdentity& identity);

}  // namespace baokms::adapters::cert
