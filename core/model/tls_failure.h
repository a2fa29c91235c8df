// Why TLS with OpenBao failed, as far as the handshake tells (wire-contract.md, "TLS").
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/model/error.h"

namespace baokms::core {

enum class TlsFailure : std::uint8_t {
  kOther,
  kClosed,              // in the handshake, without a word
  kNotTls,              // what answered is no TLS
  kNoCommonVersion,     // or no TLS 1.2 and newer
  kHandshakeRefused,    // by the server, which says no more: for a common cipher or a certificate
  kUnknownAuthority,    // the server's certificate is not signed by one of the CA file
  kWrongName,           // it is for another name
  kExpired,             // it, or one of its authorities
  kNotYetValid,         // the same
  kCertificateRefused,  // any other check of the server's certificate
  kWantsCertificate,    // the server wants one of ours, and none was presented
  kEndedEarly,          // right after the handshake, before a request
  kOursRefused,         // the server does not accept the one that was presented
};

inline constexpr std::array kTlsFailures{TlsFailure::kOther,
                                         TlsFailure::kClosed,
                                         TlsFailure::kNotTls,
                                         TlsFailure::kNoCommonVersion,
                                         TlsFailure::kHandshakeRefused,
                                         TlsFailure::kUnknownAuthority,
                                         TlsFailure::kWrongName,
                                         TlsFailure::kExpired,
                                         TlsFailure::kNotYetValid,
                                         TlsFailure::kCertificateRefused,
                                         TlsFailure::kWantsCertificate,
                                         TlsFailure::kEndedEarly,
                                         TlsFailure::kOursRefused};

// OpenBaoFailure(kTlsFailed) in words of its own; kOther: the very same.
Error TlsFailed(TlsFailure why);
// Of an error that TlsFailed() made; none of any other.
std::optional<TlsFailure> TlsFailureOf(const Error& error);

}  // namespace baokms::core
