#include "adapters/transit_http/transport/proxy_address.h"

#include <algorithm>
#include <string_view>

#include "adapters/transit_http/transport/server_address.h"
#include "core/text/ascii.h"

namespace baokms::adapters::transit_http {

std::optional<ProxyAddress> ProxyAddress::Parse(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  std::string_view rest = url;
  if (!core::EqualsIgnoringCase(rest.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  rest.remove_prefix(kScheme.size());
  if (rest.find_first_of("/?#@\\") != std::string_view::npos || !IsPrintableWithoutBlanks(rest)) {
    return std::nullopt;
  }
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = rest.substr(0, colon);
  const std::string_view port = rest.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || port.empty() || !std::ranges::all_of(port, core::IsDigit)) {
    return std::nullopt;
  }
  return ProxyAddress{.host = std::string(host), .port = std::string(port)};
}

std::string ProxyAddress::UrlAt(const std::string& ip) const {
  return "http://" + Bracketed(ip) + ":" + port;
}

}  // namespace baokms::adapters::transit_http
