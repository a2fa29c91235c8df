// When the certificates expire that each configured address shows, whatever is wrong with them. For
// `check-expiration`.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "adapters/transit_http/transport/curl_http_transport.h"
#include "core/model/time.h"
#include "ports/file_reader.h"
#include "ports/telemetry.h"

namespace baokms::adapters::transit_http {

struct ServerCertificates {
  core::UnixSeconds leaf_expires_at = 0;
  // The first to expire of those above it, up to one of the CA file; nullopt: none of the CA file
  // vouches for the leaf, whenever that would be.
  std::optional<core::UnixSeconds> authority_expires_at;
};

enum class NoCertificates : std::uint8_t {
  kDnsFailed,
  kConnectionFailed,
  kNoTls,  // connected, and no certificate came
};

// One entry an address, in their order; of a name with several IP addresses, the certificates that
// expire first. Begins a TLS handshake with each one, in at most `timeout`
// each beside the look-up of its name, and sends no request: nothing secret, to nobody it should
// not be sent to. Blocks. curl_global_init has been called.
std::expected<std::vector<std::expected<ServerCertificates, NoCertificates>>, TransportProblem>
ReadServerCertificates(const TransportOptions& options, std::chrono::nanoseconds timeout,
                       const ports::FileReader& files, ports::Telemetry& telemetry);

}  // namespace baokms::adapters::transit_http
