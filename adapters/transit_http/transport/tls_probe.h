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
#include "ports/clock.h"
#include "ports/file_reader.h"
#include "ports/telemetry.h"

namespace baokms::adapters::transit_http {

enum class TlsVerdict : std::uint8_t {
  kOk,  // and the expected page
  kAnotherServer,
  kUnknownAuthority,  // not signed by a certificate of the CA file
  kWrongName,
  kExpired,
  kNotYetValid,
  kRefused,  // any other failure of the handshake
  kDnsFailed,
  kDnsSlow,  // all is well, but looking the name up took longer than a call may
  kConnectionFailed,
};

// A page that only the right kind of server has, and that needs no login.
struct ExpectedPage {
  std::string path;
  std::vector<std::string> headers;
  bool (*is_it)(std::string_view body);
};

// One verdict an address, in their order. Asks each one for `page` under the very TLS settings of
// the transport, in at most `timeout` each, its name's look-up apart, which gets 30 s; blocks.
// curl_global_init has been called.
std::expected<std::vector<TlsVerdict>, TransportProblem> ProbeTls(
    const ExpectedPage& page, const TransportOptions& options, std::chrono::nanoseconds timeout,
    const ports::Clock& clock, const ports::FileReader& files, ports::Telemetry& telemetry);

}  // namespace baokms::adapters::transit_http
