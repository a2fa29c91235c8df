#include "adapters/transit_http/transport/server_address.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace baokms::adapters::transit_http {
namespace {

struct CloseUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string Part(CURLU* url, CURLUPart part, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

}  // namespace

bool IsPrintableWithoutBlanks(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

std::string Bracketed(const std::string& host) {
  return host.contains(':') && !host.starts_with('[') ? "[" + host + "]" : host;
}

std::optional<ServerAddress> ServerAddress::Parse(const std::string& url,
                                                  const std::string& tls_server_name) {
  if (!IsPrintableWithoutBlanks(url) || !IsPrintableWithoutBlanks(tls_server_name)) {
    return std::nullopt;
  }
  if (tls_server_name.find_first_of("/?#@") != std::string::npos) return std::nullopt;
  const std::unique_ptr<CURLU, CloseUrl> parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return std::nullopt;
  }
  if (Part(parsed.get(), CURLUPART_SCHEME) != "https") return std::nullopt;
  for (const CURLUPart unwanted :
       {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
    if (!Part(parsed.get(), unwanted).empty()) return std::nullopt;
  }
  const std::string host = Part(parsed.get(), CURLUPART_HOST);
  const std::string port = Part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::string path = Part(parsed.get(), CURLUPART_PATH);
  if (host.empty() || port.empty()) return std::nullopt;
  while (path.ends_with('/')) path.pop_back();

  // curl checks the certificate against the URL's host alone (libraries.md, "tlsServerName").
  const std::string name = tls_server_name.empty() ? host : Bracketed(tls_server_name);
  ServerAddress address{.url_prefix = "https://" + name + ":" + port + path,
                        .url_name = name,
                        .host = host,
                        .port = port,
                        .host_header = {}};
  if (host.starts_with('[')) address.host = host.substr(1, host.size() - 2);
  if (!tls_server_name.empty()) {
    address.host_header = "Host: " + host + (port == "443" ? "" : ":" + port);
  }
  return address;
}

std::string ServerAddress::ConnectTo(const std::string& place) const {
  return url_name + ":" + port + ":" + Bracketed(place) + ":" + port;
}

}  // namespace baokms::adapters::transit_http
