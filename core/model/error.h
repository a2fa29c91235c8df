// Errors are values: a bounded class, a gRPC code and a fixed text (wire-contract.md, "gRPC status
// and error class"). No Error ever carries input, a path, a key name or server text.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

namespace baokms::core {

// gRPC status codes, with gRPC's numbers.
enum class RpcCode : std::uint8_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kUnauthenticated = 16,
};

// The error classes of reports-and-labels.md.
enum class ErrorClass : std::uint8_t {
  kOpenBaoUnavailable,
  kOpenBaoTlsFailed,
  kOpenBaoDnsFailed,
  kOpenBaoConnectionFailed,
  kOpenBaoSealed,
  kOpenBaoRateLimited,
  kAuthFailed,
  kTransitKeyMissing,
  kTransitPolicyDenied,
  kKeyIdUnknown,
  kKeyIdMalformed,
  kKeyMetadataRefreshFailed,
  kAadMissing,
  kAadMismatch,
  kAnnotationInvalid,
  kStatusStale,
  kProtocolLimit,
  kConcurrencyLimit,
  kTimeout,
  kCanceled,
  kPanic,
  kUnknown,
  kCiphertextInvalid,
};

// How one HTTP request to OpenBao ended; openbao_requests_total{status} (reports-and-labels.md).
enum class OpenBaoStatus : std::uint8_t {
  kOk,
  kInvalidRequest,    // 400
  kUnauthenticated,   // 401
  kPermissionDenied,  // 403
  kNotFound,          // 404, and 400 "encryption key not found"
  kDecryptFailed,     // any error reply with "message authentication failed"
  kRateLimited,       // 429
  kUnavailable,       // 5xx, oversize or unparsable reply
  kSealed,            // any error reply with "is sealed"
  kTlsFailed,
  kDnsFailed,
  kConnectionFailed,
  kCanceled,
  kTimeout,
  kUnknown,  // any other HTTP status, or a reply that contradicts its request
};

class [[nodiscard]] Error {
 public:
  RpcCode code() const { return code_; }
  ErrorClass error_class() const { return class_; }
  // Static storage; safe to log and to send.
  std::string_view message() const { return message_; }
  // Set when OpenBao (or the way to it) is the cause.
  std::optional<OpenBaoStatus> openbao_status() const { return openbao_; }

  friend bool operator==(const Error&, const Error&) = default;

  // Use the named functions below; this one serves them.
  static constexpr Error Make(RpcCode code, ErrorClass error_class, std::string_view literal,
                              std::optional<OpenBaoStatus> openbao = std::nullopt) {
    return Error(code, error_class, literal, openbao);
  }

 private:
  constexpr Error(RpcCode code, ErrorClass error_class, std::string_view message,
                  std::optional<OpenBaoStatus> openbao)
      : code_(code), class_(error_class), openbao_(openbao), message_(message) {}

  RpcCode code_;
  ErrorClass class_;
  std::optional<OpenBaoStatus> openbao_;
  std::string_view message_;
};

inline std::optional<ErrorClass> ClassOf(const std::optional<Error>& error) {
  return error ? std::optional(error->error_class()) : std::nullopt;
}

template <typename T>
using Result = std::expected<T, Error>;

// Requests.
Error EmptyPlaintext();
Error EmptyCiphertext();
Error RequestTooLarge();
Error ReplyTooLarge();
Error MalformedMessage();
Error MalformedKeyId();
Error UnknownKeyId();
Error InvalidAnnotations();
Error AnnotationsMismatch();
Error AadMissing();
Error InvalidCiphertext();
Error StatusNotHealthy();
Error ConcurrencyLimit();
Error DeadlineExceeded();
Error Cancelled();
Error KeyDiscoveryFailed();
Error HandlerFailed();  // an exception escaped a handler
Error ShuttingDown();

// OpenBao and the way to it.
Error OpenBaoFailure(OpenBaoStatus status);  // never kOk
Error ForeignReply();         // as OpenBaoFailure(kUnavailable): not OpenBao refused the request
Error StandbyRedirect();      // 307 or 308, as a standby node answers; never followed
Error ForeignRedirect();      // any other 3xx: OpenBao has none
Error OversizeReply();        // as OpenBaoFailure(kUnavailable): its body is over the bound
Error InvalidOpenBaoReply();  // contradicts its request: wrong key_version and alike
Error LoginRefused();
Error TokenUsesLimited();         // the login's token is good for a number of calls only
Error SecondFactorWanted();       // by OpenBao's MFA, which this program cannot answer
Error LoginCertificateMissing();  // OpenBao saw no certificate in a login that presented one
Error CredentialUnusable();
Error NoToken();

// Whether the same call may succeed a moment later although nobody did anything: something was
// away, busy, sealed or slow. False for what OpenBao decided and for a reply that cannot be right.
bool MayPass(const Error& error);

// The words of reports-and-labels.md.
std::string_view Name(ErrorClass error_class);
std::string_view Name(OpenBaoStatus status);
std::string_view Name(RpcCode code);  // snake case: "invalid_argument"

}  // namespace baokms::core
