#include "core/model/error.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "core/model/key_snapshot.h"
#include "core/model/login.h"
#include "core/model/openbao_operation.h"
#include "core/model/proxy_failure.h"
#include "core/model/readiness.h"
#include "core/model/tls_failure.h"

namespace baokms::core {
namespace {

// Every value up to `last`, by number.
template <typename E>
std::set<std::string> NamesUpTo(E last) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    names.insert(std::string(Name(static_cast<E>(i))));
  }
  return names;
}

TEST_CASE("Error: wire codes and classes are those of the contract table") {
  struct Row {
    Error error;
    RpcCode code;
    std::string_view error_class;
  };
  using enum RpcCode;
  const Row rows[] = {
      {EmptyPlaintext(), kInvalidArgument, "unknown"},
      {EmptyCiphertext(), kInvalidArgument, "unknown"},
      {MalformedMessage(), kInvalidArgument, "unknown"},
      {RequestTooLarge(), kInvalidArgument, "protocol_limit"},
      {ReplyTooLarge(), kInternal, "protocol_limit"},
      {MalformedKeyId(), kInvalidArgument, "key_id_malformed"},
      {UnknownKeyId(), kNotFound, "key_id_unknown"},
      {InvalidAnnotations(), kInvalidArgument, "annotation_invalid"},
      {AnnotationsMismatch(), kInvalidArgument, "aad_mismatch"},
      {AadMissing(), kFailedPrecondition, "aad_missing"},
      {InvalidCiphertext(), kInvalidArgument, "ciphertext_invalid"},
      {StatusNotHealthy(), kFailedPrecondition, "status_stale"},
      {ConcurrencyLimit(), kResourceExhausted, "concurrency_limit"},
      {DeadlineExceeded(), kDeadlineExceeded, "timeout"},
      {Cancelled(), kCancelled, "canceled"},
      {KeyDiscoveryFailed(), kUnavailable, "key_metadata_refresh_failed"},
      {HandlerFailed(), kInternal, "panic"},
      {ShuttingDown(), kUnavailable, "canceled"},
      {OpenBaoFailure(OpenBaoStatus::kInvalidRequest), kInvalidArgument, "unknown"},
      {OpenBaoFailure(OpenBaoStatus::kUnauthenticated), kUnauthenticated, "auth_failed"},
      {OpenBaoFailure(OpenBaoStatus::kPermissionDenied), kPermissionDenied,
       "transit_policy_denied"},
      {OpenBaoFailure(OpenBaoStatus::kNotFound), kNotFound, "transit_key_missing"},
      {OpenBaoFailure(OpenBaoStatus::kDecryptFailed), kInvalidArgument, "aad_mismatch"},
      {OpenBaoFailure(OpenBaoStatus::kRateLimited), kResourceExhausted, "openbao_rate_limited"},
      {OpenBaoFailure(OpenBaoStatus::kUnavailable), kUnavailable, "openbao_unavailable"},
      {OpenBaoFailure(OpenBaoStatus::kSealed), kUnavailable, "openbao_sealed"},
      {OpenBaoFailure(OpenBaoStatus::kTlsFailed), kUnavailable, "openbao_tls_failed"},
      {OpenBaoFailure(OpenBaoStatus::kDnsFailed), kUnavailable, "openbao_dns_failed"},
      {OpenBaoFailure(OpenBaoStatus::kConnectionFailed), kUnavailable, "openbao_connection_failed"},
      {OpenBaoFailure(OpenBaoStatus::kCanceled), kCancelled, "canceled"},
      {OpenBaoFailure(OpenBaoStatus::kTimeout), kDeadlineExceeded, "timeout"},
      {OpenBaoFailure(OpenBaoStatus::kUnknown), kUnavailable, "unknown"},
      {InvalidOpenBaoReply(), kInternal, "unknown"},
      {LoginRefused(), kUnauthenticated, "auth_failed"},
      {TokenUsesLimited(), kUnauthenticated, "auth_failed"},
      {SecondFactorWanted(), kUnauthenticated, "auth_failed"},
      {StandbyRedirect(), kUnavailable, "unknown"},
      {ForeignRedirect(), kUnavailable, "unknown"},
      {LoginCertificateMissing(), kUnauthenticated, "auth_failed"},
      {CredentialUnusable(), kUnauthenticated, "auth_failed"},
      {NoToken(), kUnauthenticated, "auth_failed"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.error.message());
    CHECK(row.error.code() == row.code);
    CHECK(Name(row.error.error_class()) == row.error_class);
    CHECK_FALSE(row.error.message().empty());
  }
}

TEST_CASE("Error: an OpenBao failure remembers its status") {
  for (const OpenBaoStatus status :
       {OpenBaoStatus::kInvalidRequest, OpenBaoStatus::kUnauthenticated,
        OpenBaoStatus::kPermissionDenied, OpenBaoStatus::kNotFound, OpenBaoStatus::kDecryptFailed,
        OpenBaoStatus::kRateLimited, OpenBaoStatus::kUnavailable, OpenBaoStatus::kSealed,
        OpenBaoStatus::kTlsFailed, OpenBaoStatus::kDnsFailed, OpenBaoStatus::kConnectionFailed,
        OpenBaoStatus::kCanceled, OpenBaoStatus::kTimeout, OpenBaoStatus::kUnknown}) {
    CHECK(OpenBaoFailure(status).openbao_status() == status);
  }
}

TEST_CASE("Error: each cause of a TLS failure has words of its own and is found again") {
  std::set<std::string_view> words;
  for (const TlsFailure why : kTlsFailures) {
    const Error error = TlsFailed(why);
    words.insert(error.message());
    CHECK(error.code() == RpcCode::kUnavailable);
    CHECK(error.error_class() == ErrorClass::kOpenBaoTlsFailed);
    CHECK(error.openbao_status() == OpenBaoStatus::kTlsFailed);
    CHECK(TlsFailureOf(error) == why);
  }
  CHECK(words.size() == 13);
  CHECK(TlsFailed(TlsFailure::kOther) == OpenBaoFailure(OpenBaoStatus::kTlsFailed));
  CHECK_FALSE(TlsFailureOf(OpenBaoFailure(OpenBaoStatus::kConnectionFailed)).has_value());
}

TEST_CASE("Error: each failure of a proxy has words of its own and is found again") {
  std::set<std::string_view> words;
  for (const ProxyFailure why : kProxyFailures) {
    const Error error = ProxyFailed(why);
    words.insert(error.message());
    CHECK(error.code() == RpcCode::kUnavailable);
    const OpenBaoStatus status = why == ProxyFailure::kNameUnknown
                                     ? OpenBaoStatus::kDnsFailed
                                     : OpenBaoStatus::kConnectionFailed;
    CHECK(error.openbao_status() == status);
    CHECK(error.error_class() == OpenBaoFailure(status).error_class());
    CHECK(ProxyFailureOf(error) == why);
  }
  CHECK(words.size() == 8);
  CHECK_FALSE(ProxyFailureOf(OpenBaoFailure(OpenBaoStatus::kConnectionFailed)).has_value());
}

TEST_CASE("Error: no two words of a vocabulary are the same") {
  CHECK(NamesUpTo(ErrorClass::kCiphertextInvalid).size() == 23);
  CHECK(NamesUpTo(OpenBaoStatus::kUnknown).size() == 15);
  CHECK(NamesUpTo(Reason::kDiagnosticsUnavailable).size() == 17);
  CHECK(NamesUpTo(OpenBaoOperation::kCapabilitiesSelf).size() == 10);
  CHECK(NamesUpTo(SnapshotState::kRemoved).size() == 5);
  std::set<std::string_view> codes;
  for (const int code : {0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 14, 16}) {
    codes.insert(Name(static_cast<RpcCode>(code)));
  }
  CHECK(codes.size() == 13);
}

TEST_CASE("Names: the ends of a login are the words of the metric and log tables") {
  CHECK(NamesUpTo(LoginStatus::kOauth2Response) ==
        std::set<std::string>{"ok", "error", "auth_failed", "no_usable_session", "jwt_expired",
                              "jwt_near_expiry", "jwt_invalid", "cert_expired", "cert_near_expiry",
                              "cert_invalid", "oauth2_credential", "oauth2_request", "oauth2_proxy",
                              "oauth2_rejected", "oauth2_unavailable", "oauth2_response"});
}

}  // namespace
}  // namespace baokms::core
