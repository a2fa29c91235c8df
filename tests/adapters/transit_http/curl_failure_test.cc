// curl's failures in our words: what no server of a test can be made to do each time.
#include "adapters/transit_http/transport/curl_failure.h"

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include "core/model/tls_failure.h"

namespace baokms::tests {
namespace {

using adapters::transit_http::ErrorOf;
using core::TlsFailed;
using core::TlsFailure;

TEST_CASE("curl failure: a server's alert is read whenever it comes before the reply") {
  for (const CURLcode code : {CURLE_SSL_CONNECT_ERROR, CURLE_RECV_ERROR, CURLE_SEND_ERROR}) {
    CAPTURE(code);
    const auto why = [&](int alert, bool presented) {
      return ErrorOf({.code = code, .alert = alert, .presented = presented});
    };
    CHECK(why(SSL_AD_CERTIFICATE_REQUIRED, false) == TlsFailed(TlsFailure::kWantsCertificate));
    CHECK(why(SSL_AD_BAD_CERTIFICATE, false) == TlsFailed(TlsFailure::kWantsCertificate));
    CHECK(why(SSL_AD_BAD_CERTIFICATE, true) == TlsFailed(TlsFailure::kOursRefused));
    CHECK(why(SSL_AD_UNKNOWN_CA, true) == TlsFailed(TlsFailure::kOursRefused));
    CHECK(why(SSL_AD_PROTOCOL_VERSION, false) == TlsFailed(TlsFailure::kNoCommonVersion));
    CHECK(why(SSL_AD_HANDSHAKE_FAILURE, false) == TlsFailed(TlsFailure::kHandshakeRefused));
  }
  CHECK(ErrorOf({.code = CURLE_SSL_CONNECT_ERROR,
                 .alert = SSL_AD_HANDSHAKE_FAILURE,
                 .asked_in_vain = true}) == TlsFailed(TlsFailure::kWantsCertificate));
  // A reply that was cut is no handshake.
  CHECK(ErrorOf({.code = CURLE_RECV_ERROR, .alert = SSL_AD_INTERNAL_ERROR, .heard = true}) ==
        core::OpenBaoFailure(core::OpenBaoStatus::kUnavailable));
}

TEST_CASE("curl failure: a connection that ends before its first request went out is TLS's") {
  CHECK(ErrorOf({.code = CURLE_SEND_ERROR}) == TlsFailed(TlsFailure::kEndedEarly));
  CHECK(ErrorOf({.code = CURLE_SEND_ERROR, .reused = true}) ==
        core::OpenBaoFailure(core::OpenBaoStatus::kUnavailable));
}

}  // namespace
}  // namespace baokms::tests
