#include "adapters/config_yaml/url.h"

#include <algorithm>

#include "core/text/ascii.h"

namespace baokms::adapters::config_yaml {
namespace {

using core::EqualsIgnoringCase;
using core::IsDigit;

struct UrlParts {
  std::string_view scheme;
  std::optional<std::string_view> authority;
  std::string_view path;
  bool has_query = false;
  bool has_fragment = false;
};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// RFC 3986 without interpretation; nothing unless it is printable ASCII with a scheme.
std::optional<UrlParts> Split(std::string_view text) {
  if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; })) return std::nullopt;
  if (text.find_first_of("\\\"<>^`{}|") != std::string_view::npos) return std::nullopt;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !IsLetter(text.front())) return std::nullopt;
  UrlParts parts;
  parts.scheme = text.substr(0, colon);
  const auto in_scheme = [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '+' || c == '-' || c == '.';
  };
  if (!std::ranges::all_of(parts.scheme, in_scheme)) return std::nullopt;
  std::string_view rest = text.substr(colon + 1);
  if (const std::size_t hash = rest.find('#'); hash != std::string_view::npos) {
    parts.has_fragment = true;
    rest = rest.substr(0, hash);
  }
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    parts.has_query = true;
    rest = rest.substr(0, mark);
  }
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    parts.authority = rest.substr(0, slash);
    rest.remove_prefix(slash);
  }
  parts.path = rest;
  return parts;
}

bool HasUserInfo(const UrlParts& parts) {
  return parts.authority && parts.authority->find('@') != std::string_view::npos;
}

// host, host:port, [v6], [v6]:port; a port from 1.
bool IsAuthority(std::string_view authority) {
  std::string_view host = authority;
  std::optional<std::string_view> port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return false;
    host = authority.substr(1, close - 1);
    const std::string_view rest = authority.substr(close + 1);
    if (!rest.empty() && !rest.starts_with(':')) return false;
    if (!rest.empty()) port = rest.substr(1);
    if (!IsIpv6(host) || host.find('%') != std::string_view::npos) return false;
  } else {
    if (const std::size_t colon = host.find(':'); colon != std::string_view::npos) {
      port = host.substr(colon + 1);
      host = host.substr(0, colon);
    }
    if (!IsHost(host)) return false;
  }
  return !port || ParsePort(*port).value_or(0) != 0;
}

// Of a valid authority.
bool HasPort(std::string_view authority) {
  return authority.find(':', authority.starts_with('[') ? authority.find(']') : 0) !=
         std::string_view::npos;
}

Complaint CheckHttps(const std::optional<UrlParts>& parts) {
  if (!parts || !EqualsIgnoringCase(parts->scheme, "https")) return "must be an https URL";
  if (HasUserInfo(*parts)) return "must not contain user info";
  if (!parts->authority || !IsAuthority(*parts->authority)) {
    return "must be an https URL with a valid host and port";
  }
  if (parts->has_fragment) return "must not contain a fragment";
  return std::nullopt;
}

}  // namespace

Complaint CheckHttpsAddress(std::string_view text) {
  const auto parts = Split(text);
  if (auto complaint = CheckHttps(parts)) return complaint;
  if (parts->has_query) return "must not contain a query";
  return std::nullopt;
}

Complaint CheckTokenUrl(std::string_view text) { return CheckHttps(Split(text)); }

Complaint CheckProxyUrl(std::string_view text) {
  const auto parts = Split(text);
  if (!parts || !parts->authority) return "must be http://host:port";
  if (EqualsIgnoringCase(parts->scheme, "https")) {
    return "must be http://host:port: a proxy that is itself behind TLS is not supported (the TLS "
           "to the token endpoint passes through an http proxy unopened)";
  }
  if (EqualsIgnoringCase(parts->scheme.substr(0, 5), "socks")) {
    return "must be http://host:port: SOCKS proxies are not supported";
  }
  if (!EqualsIgnoringCase(parts->scheme, "http")) return "must be http://host:port";
  if (HasUserInfo(*parts)) {
    return "must not contain user info: credentials for a proxy are not supported";
  }
  if (!IsAuthority(*parts->authority)) return "must have a valid host and port: http://host:port";
  if (!HasPort(*parts->authority)) return "must name the proxy's port: http://host:port";
  if (parts->has_query) return "must not contain a query";
  if (parts->has_fragment) return "must not contain a fragment";
  if (!parts->path.empty()) return "must end after the port, without a path or '/'";
  return std::nullopt;
}

Complaint CheckResourceUri(std::string_view text) {
  const auto parts = Split(text);
  if (!parts || (!parts->authority && parts->path.empty())) return "must be absolute URIs";
  if (HasUserInfo(*parts)) return "must not contain user info";
  if (parts->has_fragment) return "must not contain a fragment";
  if (parts->authority && parts->authority->empty() && parts->path.empty()) {
    return "must be absolute URIs";
  }
  return std::nullopt;
}

}  // namespace baokms::adapters::config_yaml
