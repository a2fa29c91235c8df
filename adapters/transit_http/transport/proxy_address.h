// An HTTP proxy that opens a tunnel to the server (CONNECT). TLS passes through it unopened.
#pragma once

#include <optional>
#include <string>

namespace baokms::adapters::transit_http {

struct ProxyAddress {
  std::string host;  // a name or an IP address, without brackets
  std::string port;

  // For CURLOPT_PROXY: `ip` is one of `host`'s addresses, so curl never looks a name up.
  std::string UrlAt(const std::string& ip) const;

  // nullopt unless `url` is "http://host:port" alone.
  static std::optional<ProxyAddress> Parse(const std::string& url);
};

}  // namespace baokms::adapters::transit_http
