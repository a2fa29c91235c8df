#include "core/model/error.h"

namespace baokms::core {

Error EmptyPlaintext() {
  return Error::Make(RpcCode::kInvalidArgument, ErrorClass::kUnknown, "plaintext is empty");
}
Error EmptyCiphertext() {
  return Error::Make(RpcCode::kInvalidArgument, ErrorClass::kUnknown, "ciphertext is empty");
}
Error RequestTooLarge() {
  return Error::Make(RpcCode::kInvalidArgument, ErrorClass::kProtocolLimit,
                     "request exceeds a KMS v2 limit");
}
Error ReplyTooLarge() {
  return Error::Make(RpcCode::kInternal, ErrorClass::kProtocolLimit,
                     "reply would exceed a KMS v2 limit");
}
Error MalformedMessage() {
  return Error::Make(RpcCode::kInvalidArgument, ErrorClass::kUnknown,
                     "request is not a valid KMS v2 message");
}
Error MalformedKeyId() {
  return Error::Make(RpcCode::kInvalidArgument, ErrorClass::kKeyIdMalformed, "key_id is malformed");
}
Error UnknownKeyId() {
  return Error::Make(RpcCode::kNotFound, ErrorClass::kKeyIdUnknown, "key_id is unknown");
}
Error InvalidAnnotations() {
  return Error::Make(RpcCode::kInvalidArgument, ErrorClass::kAnnotationInvalid,
                     "annotations are invalid");
}
Error AnnotationsMismatch() {
  return Error::Make(RpcCode::kInvalidArgument, ErrorClass::kAadMismatch,
                     "annotations do not match the key");
}
Error AadMissing() {
  return Error::Make(RpcCode::kFailedPrecondition, ErrorClass::kAadMissing, "AAD is missing");
}
Error InvalidCiphertext() {
  return Error::Make(RpcCode::kInvalidArgument, ErrorClass::kCiphertextInvalid,
                     "ciphertext is not one of this key version");
}
Error StatusNotHealthy() {
  return Error::Make(RpcCode::kFailedPrecondition, ErrorClass::kStatusStale,
                     "provider status is unhealthy or stale");
}
Error ConcurrencyLimit() {
  return Error::Make(RpcCode::kResourceExhausted, ErrorClass::kConcurrencyLimit,
                     "too many concurrent requests");
}
Error DeadlineExceeded() {
  return Error::Make(RpcCode::kDeadlineExceeded, ErrorClass::kTimeout, "deadline exceeded",
                     OpenBaoStatus::kTimeout);
}
Error Cancelled() {
  return Error::Make(RpcCode::kCancelled, ErrorClass::kCanceled, "request was cancelled",
                     OpenBaoStatus::kCanceled);
}
Error KeyDiscoveryFailed() {
  return Error::Make(RpcCode::kUnavailable, ErrorClass::kKeyMetadataRefreshFailed,
                     "key metadata could not be refreshed");
}
Error HandlerFailed() {
  return Error::Make(RpcCode::kInternal, ErrorClass::kPanic, "internal error");
}
Error ShuttingDown() {
  return Error::Make(RpcCode::kUnavailable, ErrorClass::kCanceled, "provider is shutting down",
                     OpenBaoStatus::kCanceled);
}

Error OpenBaoFailure(OpenBaoStatus status) {
  switch (status) {
    case OpenBaoStatus::kInvalidRequest:
      return Error::Make(RpcCode::kInvalidArgument, ErrorClass::kUnknown,
                         "OpenBao rejected the request", status);
    case OpenBaoStatus::kUnauthenticated:
      return Error::Make(RpcCode::kUnauthenticated, ErrorClass::kAuthFailed,
                         "OpenBao authentication failed", status);
    case OpenBaoStatus::kPermissionDenied:
      return Error::Make(RpcCode::kPermissionDenied, ErrorClass::kTransitPolicyDenied,
                         "OpenBao denied the request", status);
    case OpenBaoStatus::kNotFound:
      return Error::Make(RpcCode::kNotFound, ErrorClass::kTransitKeyMissing,
                         "Transit key was not found", status);
    case OpenBaoStatus::kDecryptFailed:
      return Error::Make(RpcCode::kInvalidArgument, ErrorClass::kAadMismatch,
                         "ciphertext or AAD failed authentication", status);
    case OpenBaoStatus::kRateLimited:
      return Error::Make(RpcCode::kResourceExhausted, ErrorClass::kOpenBaoRateLimited,
                         "OpenBao rate limit was reached", status);
    case OpenBaoStatus::kUnavailable:
      return Error::Make(RpcCode::kUnavailable, ErrorClass::kOpenBaoUnavailable,
                         "OpenBao is unavailable", status);
    case OpenBaoStatus::kSealed:
      return Error::Make(RpcCode::kUnavailable, ErrorClass::kOpenBaoSealed, "OpenBao is sealed",
                         status);
    case OpenBaoStatus::kTlsFailed:
      return Error::Make(RpcCode::kUnavailable, ErrorClass::kOpenBaoTlsFailed,
                         "TLS connection to OpenBao failed", status);
    case OpenBaoStatus::kDnsFailed:
      return Error::Make(RpcCode::kUnavailable, ErrorClass::kOpenBaoDnsFailed,
                         "OpenBao host name could not be resolved", status);
    case OpenBaoStatus::kConnectionFailed:
      return Error::Make(RpcCode::kUnavailable, ErrorClass::kOpenBaoConnectionFailed,
                         "connection to OpenBao failed", status);
    case OpenBaoStatus::kCanceled:
      return Cancelled();
    case OpenBaoStatus::kTimeout:
      return DeadlineExceeded();
    case OpenBaoStatus::kOk:
    case OpenBaoStatus::kUnknown:
      break;
  }
  return Error::Make(RpcCode::kUnavailable, ErrorClass::kUnknown, "unexpected reply from OpenBao",
                     OpenBaoStatus::kUnknown);
}

Error ForeignReply() {
  return Error::Make(RpcCode::kUnavailable, ErrorClass::kOpenBaoUnavailable,
                     "something other than OpenBao answered", OpenBaoStatus::kUnavailable);
}
Error StandbyRedirect() {
  return Error::Make(RpcCode::kUnavailable, ErrorClass::kUnknown,
                     "a standby node of OpenBao redirects, which is not followed",
                     OpenBaoStatus::kUnknown);
}
Error ForeignRedirect() {
  return Error::Make(RpcCode::kUnavailable, ErrorClass::kUnknown,
                     "something in front of OpenBao redirects, which is not followed",
                     OpenBaoStatus::kUnknown);
}
Error OversizeReply() {
  return Error::Make(RpcCode::kUnavailable, ErrorClass::kOpenBaoUnavailable,
                     "the reply is larger than its bound", OpenBaoStatus::kUnavailable);
}
Error InvalidOpenBaoReply() {
  return Error::Make(RpcCode::kInternal, ErrorClass::kUnknown,
                     "OpenBao's reply does not fit the request", OpenBaoStatus::kUnknown);
}
Error LoginRefused() {
  return Error::Make(RpcCode::kUnauthenticated, ErrorClass::kAuthFailed,
                     "OpenBao refused the login", OpenBaoStatus::kUnauthenticated);
}
Error TokenUsesLimited() {
  return Error::Make(RpcCode::kUnauthenticated, ErrorClass::kAuthFailed,
                     "OpenBao limits how often the login's token may be used",
                     OpenBaoStatus::kUnknown);
}
Error SecondFactorWanted() {
  return Error::Make(RpcCode::kUnauthenticated, ErrorClass::kAuthFailed,
                     "OpenBao wants a second factor for this login",
                     OpenBaoStatus::kUnauthenticated);
}
Error LoginCertificateMissing() {
  return Error::Make(RpcCode::kUnauthenticated, ErrorClass::kAuthFailed,
                     "no client certificate reached OpenBao", OpenBaoStatus::kUnauthenticated);
}
Error CredentialUnusable() {
  return Error::Make(RpcCode::kUnauthenticated, ErrorClass::kAuthFailed,
                     "the local login credential is unusable");
}
Error NoToken() {
  return Error::Make(RpcCode::kUnauthenticated, ErrorClass::kAuthFailed,
                     "no OpenBao token is held");
}

bool MayPass(const Error& error) {
  switch (error.code()) {
    case RpcCode::kUnavailable:
    case RpcCode::kDeadlineExceeded:
    case RpcCode::kResourceExhausted:
    case RpcCode::kCancelled:
      return true;
    default:
      return false;
  }
}

std::string_view Name(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::kOpenBaoUnavailable:
      return "openbao_unavailable";
    case ErrorClass::kOpenBaoTlsFailed:
      return "openbao_tls_failed";
    case ErrorClass::kOpenBaoDnsFailed:
      return "openbao_dns_failed";
    case ErrorClass::kOpenBaoConnectionFailed:
      return "openbao_connection_failed";
    case ErrorClass::kOpenBaoSealed:
      return "openbao_sealed";
    case ErrorClass::kOpenBaoRateLimited:
      return "openbao_rate_limited";
    case ErrorClass::kAuthFailed:
      return "auth_failed";
    case ErrorClass::kTransitKeyMissing:
      return "transit_key_missing";
    case ErrorClass::kTransitPolicyDenied:
      return "transit_policy_denied";
    case ErrorClass::kKeyIdUnknown:
      return "key_id_unknown";
    case ErrorClass::kKeyIdMalformed:
      return "key_id_malformed";
    case ErrorClass::kKeyMetadataRefreshFailed:
      return "key_metadata_refresh_failed";
    case ErrorClass::kAadMissing:
      return "aad_missing";
    case ErrorClass::kAadMismatch:
      return "aad_mismatch";
    case ErrorClass::kAnnotationInvalid:
      return "annotation_invalid";
    case ErrorClass::kStatusStale:
      return "status_stale";
    case ErrorClass::kProtocolLimit:
      return "protocol_limit";
    case ErrorClass::kConcurrencyLimit:
      return "concurrency_limit";
    case ErrorClass::kTimeout:
      return "timeout";
    case ErrorClass::kCanceled:
      return "canceled";
    case ErrorClass::kPanic:
      return "panic";
    case ErrorClass::kUnknown:
      return "unknown";
    case ErrorClass::kCiphertextInvalid:
      return "ciphertext_invalid";
  }
  return "unknown";
}

std::string_view Name(OpenBaoStatus status) {
  switch (status) {
    case OpenBaoStatus::kOk:
      return "ok";
    case OpenBaoStatus::kInvalidRequest:
      return "invalid_request";
    case OpenBaoStatus::kUnauthenticated:
      return "unauthenticated";
    case OpenBaoStatus::kPermissionDenied:
      return "permission_denied";
    case OpenBaoStatus::kNotFound:
      return "not_found";
    case OpenBaoStatus::kDecryptFailed:
      return "decrypt_failed";
    case OpenBaoStatus::kRateLimited:
      return "rate_limited";
    case OpenBaoStatus::kUnavailable:
      return "unavailable";
    case OpenBaoStatus::kSealed:
      return "sealed";
    case OpenBaoStatus::kTlsFailed:
      return "tls_failed";
    case OpenBaoStatus::kDnsFailed:
      return "dns_failed";
    case OpenBaoStatus::kConnectionFailed:
      return "connection_failed";
    case OpenBaoStatus::kCanceled:
      return "canceled";
    case OpenBaoStatus::kTimeout:
      return "timeout";
    case OpenBaoStatus::kUnknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view Name(RpcCode code) {
  switch (code) {
    case RpcCode::kOk:
      return "ok";
    case RpcCode::kCancelled:
      return "canceled";
    case RpcCode::kUnknown:
      return "unknown";
    case RpcCode::kInvalidArgument:
      return "invalid_argument";
    case RpcCode::kDeadlineExceeded:
      return "deadline_exceeded";
    case RpcCode::kNotFound:
      return "not_found";
    case RpcCode::kPermissionDenied:
      return "permission_denied";
    case RpcCode::kResourceExhausted:
      return "resource_exhausted";
    case RpcCode::kFailedPrecondition:
      return "failed_precondition";
    case RpcCode::kUnimplemented:
      return "unimplemented";
    case RpcCode::kInternal:
      return "internal";
    case RpcCode::kUnavailable:
      return "unavailable";
    case RpcCode::kUnauthenticated:
      return "unauthenticated";
  }
  return "unknown";
}

}  // namespace baokms::core
