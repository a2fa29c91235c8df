#include "core/model/tls_failure.h"

#include <algorithm>
#include <string_view>

namespace baokms::core {
namespace {

std::string_view WordsOf(TlsFailure why) {
  switch (why) {
    case TlsFailure::kClosed:
      return "the server closed the connection in the TLS handshake";
    case TlsFailure::kNotTls:
      return "the server does not speak TLS";
    case TlsFailure::kNoCommonVersion:
      return "the server and the provider have no TLS version in common";
    case TlsFailure::kHandshakeRefused:
      return "the server refused the TLS handshake";
    case TlsFailure::kUnknownAuthority:
      return "the server's certificate is signed by a CA that is not in the CA file";
    case TlsFailure::kWrongName:
      return "the server's certificate is for another name";
    case TlsFailure::kExpired:
      return "the server's certificate, or a CA certificate, has expired";
    case TlsFailure::kNotYetValid:
      return "the server's certificate, or a CA certificate, is not valid yet";
    case TlsFailure::kCertificateRefused:
      return "the server's certificate is too weak or not for a TLS server";
    case TlsFailure::kWantsCertificate:
      return "the server wants a client certificate";
    case TlsFailure::kEndedEarly:
      return "the server ended the connection right after the TLS handshake";
    case TlsFailure::kOursRefused:
      return "the server does not accept the client certificate";
    case TlsFailure::kOther:
      break;
  }
  return "TLS connection to OpenBao failed";
}

}  // namespace

Error TlsFailed(TlsFailure why) {
  return Error::Make(RpcCode::kUnavailable, ErrorClass::kOpenBaoTlsFailed, WordsOf(why),
                     OpenBaoStatus::kTlsFailed);
}

std::optional<TlsFailure> TlsFailureOf(const Error& error) {
  const auto* const found = std::ranges::find_if(
      kTlsFailures, [&error](TlsFailure why) { return TlsFailed(why) == error; });
  return found == kTlsFailures.end() ? std::nullopt : std::optional(*found);
}

}  // namespace baokms::core
