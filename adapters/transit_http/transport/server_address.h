// One configured OpenBao address, taken apart once for curl.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baokms::adapters::transit_http {

// All that a URL may consist of.
bool IsPrintableWithoutBlanks(std::string_view text);
// `host` as URLs have it: an IPv6 address in brackets.
std::string Bracketed(const std::string& host);

struct ServerAddress {
  std::string url_prefix;  // "https://name:port" plus the address's own path, no trailing '/'
  std::string url_name;    // the name in it, which the certificate must have
  std::string host;        // the one to connect to: a name or an IP address, without brackets
  std::string port;
  std::string host_header;  // "Host: ..."; empty: curl's own

  // For CURLOPT_CONNECT_TO: `place` is one of `host`'s addresses, so curl never looks a name up; or
  // `host` itself, for a proxy to look up.
  std::string ConnectTo(const std::string& place) const;

  // nullopt unless `url` is an https URL without user info, query or fragment. With
  // `tls_server_name` the certificate is checked against that name instead of the URL's host.
  static std::optional<ServerAddress> Parse(const std::string& url,
                                            const std::string& tls_server_name);
};

}  // namespace baokms::adapters::transit_http
