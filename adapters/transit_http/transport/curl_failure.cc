#include "adapters/transit_http/transport/curl_failure.h"

namespace baokms::adapters::transit_http {

using core::OpenBaoStatus;

OpenBaoStatus ClassifyCurlFailure(CURLcode code) {
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

bool IsConnectFailure(OpenBaoStatus status) {
  return status == OpenBaoStatus::kDnsFailed || status == OpenBaoStatus::kConnectionFailed ||
         status == OpenBaoStatus::kTlsFailed;
}

}  // namespace baokms::adapters::transit_http
