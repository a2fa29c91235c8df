#include "core/model/proxy_failure.h"

#include <algorithm>
#include <string_view>

namespace baokms::core {
namespace {

std::string_view WordsOf(ProxyFailure why) {
  switch (why) {
    case ProxyFailure::kNameUnknown:
      return "the proxy's host name could not be resolved";
    case ProxyFailure::kUnreachable:
      return "could not connect to the proxy";
    case ProxyFailure::kSilent:
      return "the proxy did not answer in time";
    case ProxyFailure::kNoAnswer:
      return "the proxy gave no HTTP answer";
    case ProxyFailure::kForbidden:
      return "the proxy forbids the connection to the server";
    case ProxyFailure::kWantsCredentials:
      return "the proxy wants credentials";
    case ProxyFailure::kServerUnreachable:
      return "the proxy could not reach the server";
    case ProxyFailure::kRefused:
      break;
  }
  return "the proxy refused to connect to the server";
}

}  // namespace

Error ProxyFailed(ProxyFailure why) {
  const bool name = why == ProxyFailure::kNameUnknown;
  return Error::Make(RpcCode::kUnavailable,
                     name ? ErrorClass::kOpenBaoDnsFailed : ErrorClass::kOpenBaoConnectionFailed,
                     WordsOf(why),
                     name ? OpenBaoStatus::kDnsFailed : OpenBaoStatus::kConnectionFailed);
}

std::optional<ProxyFailure> ProxyFailureOf(const Error& error) {
  const auto* const found = std::ranges::find_if(
      kProxyFailures, [&error](ProxyFailure why) { return ProxyFailed(why) == error; });
  return found == kProxyFailures.end() ? std::nullopt : std::optional(*found);
}

}  // namespace baokms::core
