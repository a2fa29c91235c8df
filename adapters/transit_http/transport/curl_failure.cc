#include "adapters/transit_http/transport/curl_failure.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <openssl/x509_vfy.h>

#include <charconv>
#include <optional>

#include "core/model/proxy_failure.h"
#include "core/model/tls_failure.h"

namespace baokms::adapters::transit_http {
namespace {

using core::OpenBaoStatus;
using core::TlsFailure;

// "error:0A000410:SSL routines::...", as ERR_error_string_n writes it. None: no error of TLS's own.
std::optional<int> TlsReason(std::string_view text) {
  constexpr std::string_view kBegins = "error:";
  constexpr std::size_t kDigits = 8;
  const std::size_t at = text.find(kBegins);
  if (at == std::string_view::npos || text.size() < at + kBegins.size() + kDigits) return {};
  const char* first = text.data() + at + kBegins.size();
  unsigned long packed = 0;
  if (std::from_chars(first, first + kDigits, packed, 16).ptr != first + kDigits) return {};
  if (ERR_GET_LIB(packed) != ERR_LIB_SSL) return {};
  return ERR_GET_REASON(packed);
}

// The last word of a server that ends the connection.
TlsFailure ByAlert(const CurlFailure& failure) {
  switch (failure.alert) {
    case SSL_AD_CERTIFICATE_REQUIRED:
      return TlsFailure::kWantsCertificate;
    case SSL_AD_NO_CERTIFICATE:
    case SSL_AD_BAD_CERTIFICATE:  // also TLS 1.2's word for none at all
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_DECRYPT_ERROR:
      return failure.presented ? TlsFailure::kOursRefused : TlsFailure::kWantsCertificate;
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
      // Servers of TLS 1.2 have no other word for a client without a certificate; for one without a
      // common cipher they have it before they ask.
      return failure.asked_in_vain ? TlsFailure::kWantsCertificate : TlsFailure::kHandshakeRefused;
    case SSL_AD_PROTOCOL_VERSION:
      return TlsFailure::kNoCommonVersion;
    default:
      return TlsFailure::kOther;
  }
}

TlsFailure ByVerification(long result) {
  switch (result) {
    case X509_V_ERR_UNSPECIFIED:  // what it is until curl, once the name fits, asks for the result
      return TlsFailure::kWrongName;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return TlsFailure::kExpired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return TlsFailure::kNotYetValid;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return TlsFailure::kUnknownAuthority;
    default:
      return TlsFailure::kCertificateRefused;
  }
}

TlsFailure WhyTlsFailed(const CurlFailure& failure) {
  if (failure.alert != 0) return ByAlert(failure);
  if (failure.code == CURLE_PEER_FAILED_VERIFICATION) return ByVerification(failure.verify_result);
  if (failure.code != CURLE_SSL_CONNECT_ERROR) return TlsFailure::kOther;
  const std::optional<int> reason = TlsReason(failure.text);
  if (!reason) {
    // The end of the connection is no error of TLS: curl has its own words for it.
    return failure.text.contains("SSL_connect") ? TlsFailure::kClosed : TlsFailure::kOther;
  }
  switch (*reason) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return TlsFailure::kClosed;
    case SSL_R_WRONG_VERSION_NUMBER:  // of a record: the first bytes are none of TLS
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return TlsFailure::kNotTls;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_SSL_VERSION:
      return TlsFailure::kNoCommonVersion;
    default:
      return TlsFailure::kOther;
  }
}

// A server that judged, said so and closed before the request went out: curl reads nothing more
// then. So near is a server on the same machine alone.
bool EndedEarly(const CurlFailure& failure) {
  return failure.code == CURLE_SEND_ERROR && !failure.reused && !failure.heard;
}

// In TLS 1.3 a server judges the client's certificate when the client's handshake is over: its
// alert comes where the reply should.
bool IsLateAlert(const CurlFailure& failure) { return failure.alert != 0 && !failure.heard; }

// No tunnel came to be. libcurl counts no connection for one that could not be made, as for one
// that is used again (libraries.md, "libcurl").
bool FailedAtProxy(const CurlFailure& failure) {
  if (!failure.proxied || failure.proxy_status / 100 == 2) return false;
  return !failure.reused || failure.code == CURLE_COULDNT_CONNECT ||
         failure.code == CURLE_OPERATION_TIMEDOUT;
}

core::ProxyFailure WhyProxyFailed(const CurlFailure& failure) {
  using core::ProxyFailure;
  switch (failure.proxy_status) {
    case 0:
      break;
    case 403:
      return ProxyFailure::kForbidden;
    case 407:
      return ProxyFailure::kWantsCredentials;
    case 502:
    case 503:
    case 504:
      return ProxyFailure::kServerUnreachable;
    default:
      return ProxyFailure::kRefused;
  }
  if (failure.reused) return ProxyFailure::kUnreachable;
  return failure.code == CURLE_OPERATION_TIMEDOUT ? ProxyFailure::kSilent : ProxyFailure::kNoAnswer;
}

OpenBaoStatus StatusOf(CURLcode code) {
  // Not a closed list: curl has some hundred codes, and what is not named here means a cut, empty,
  // oversize or unreadable reply.
  switch (static_cast<int>(code)) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
      return OpenBaoStatus::kConnectionFailed;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
      return OpenBaoStatus::kTlsFailed;
    default:
      return OpenBaoStatus::kUnavailable;
  }
}

}  // namespace

core::Error ErrorOf(const CurlFailure& failure) {
  if (FailedAtProxy(failure)) return core::ProxyFailed(WhyProxyFailed(failure));
  const OpenBaoStatus status = StatusOf(failure.code);
  if (status == OpenBaoStatus::kTlsFailed || IsLateAlert(failure)) {
    return core::TlsFailed(WhyTlsFailed(failure));
  }
  if (EndedEarly(failure)) return core::TlsFailed(TlsFailure::kEndedEarly);
  return core::OpenBaoFailure(status);
}

bool IsConnectFailure(OpenBaoStatus status) {
  return status == OpenBaoStatus::kDnsFailed || status == OpenBaoStatus::kConnectionFailed ||
         status == OpenBaoStatus::kTlsFailed;
}

}  // namespace baokms::adapters::transit_http
