// Why the way through a proxy failed, before the server behind it was reached (auth.md, "source
// oauth2").
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/model/error.h"

namespace baokms::core {

enum class ProxyFailure : std::uint8_t {
  kNameUnknown,        // the proxy's own name
  kUnreachable,        // no connection to the proxy
  kSilent,             // it accepts the connection, and does not answer in time
  kNoAnswer,           // it closes, or what it says is not HTTP
  kForbidden,          // 403
  kWantsCredentials,   // 407
  kServerUnreachable,  // 502, 503, 504: from the proxy
  kRefused,            // any other status
};

inline constexpr std::array kProxyFailures{
    ProxyFailure::kNameUnknown,       ProxyFailure::kUnreachable, ProxyFailure::kSilent,
    ProxyFailure::kNoAnswer,          ProxyFailure::kForbidden,   ProxyFailure::kWantsCredentials,
    ProxyFailure::kServerUnreachable, ProxyFailure::kRefused};

// With the class and status of kDnsFailed for kNameUnknown, of kConnectionFailed for the others.
Error ProxyFailed(ProxyFailure why);
// Of an error that ProxyFailed() made; none of any other.
std::optional<ProxyFailure> ProxyFailureOf(const Error& error);

}  // namespace baokms::core
