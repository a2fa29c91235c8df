// Whether each configured address speaks TLS as the transport wants it, and why not: what a failed
// call cannot tell apart. For `doctor`.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/transit_http/transport/curl_http_transport.h"
#include "core/model/client_identity.h"
#include "core/model/tls_failure.h"
#include "ports/clock.h"
#include "ports/file_reader.h"
#include "ports/telemetry.h"

namespace baokms::adapters::transit_http {

enum class TlsVerdict : std::uint8_t {
  kOk,  // and the expected page
  kAnotherServer,
  kTlsFailed,
  kDnsFailed,
  kDnsSlow,  // all is well, but looking the name up took longer than a call may
  kConnectionFailed,
};

struct TlsFinding {
  TlsVerdict verdict = TlsVerdict::kOk;
  core::TlsFailure why = core::TlsFailure::kOther;  // of kTlsFailed
  friend bool operator==(const TlsFinding&, const TlsFinding&) = default;
};

// A page that only the right kind of server has, and that needs no login.
struct ExpectedPage {
  std::string path;
  std::vector<std::string> headers;
  bool (*is_it)(std::string_view body);
};

// One finding an address, in their order. Asks each one for `page` under the very TLS settings of
// the transport, in at most `timeout` each, its name's look-up apart, which gets 30 s; blocks. Of a
// name with several IP addresses, the first that can be connected to counts.
// `identity` is presented; null: none. curl_global_init has been called.
std::expected<std::vector<TlsFinding>, TransportProblem> ProbeTls(
    const ExpectedPage& page, const TransportOptions& options, core::ClientIdentityRef identity,
    std::chrono::nanoseconds timeout, const ports::Clock& clock, const ports::FileReader& files,
    ports::Telemetry& telemetry);

}  // namespace baokms::adapters::transit_http
