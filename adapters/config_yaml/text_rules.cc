#include "adapters/config_yaml/text_rules.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>

#include "core/text/utf8.h"

namespace baokms::adapters::config_yaml {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool IsLetterOrDigit(char c) {
  return kDigits.find(c) != std::string_view::npos || kLetters.find(c) != std::string_view::npos;
}

bool AllOf(std::string_view text, auto&& allowed) {
  return !text.empty() && std::ranges::all_of(text, allowed);
}

bool IsBlank(char32_t point) {
  return point == ' ' || (point >= 0x09 && point <= 0x0D) || point == 0x85 || point == 0xA0 ||
         point == 0x1680 || (point >= 0x2000 && point <= 0x200A) || point == 0x2028 ||
         point == 0x2029 || point == 0x202F || point == 0x205F || point == 0x3000;
}

// Visits the pieces between slashes; false as soon as one is refused.
template <typename Accepts>
bool AllSegments(std::string_view path, Accepts accepts) {
  while (true) {
    const std::size_t slash = path.find('/');
    if (!accepts(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

bool IsRealSegment(std::string_view segment) {
  return !segment.empty() && segment != "." && segment != "..";
}

}  // namespace

Complaint CheckIdentifier(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const bool at_start = at == 0;
    const auto point = core::TakeCodePoint(text, at);
    if (!point) return "must be valid UTF-8";
    if (core::IsControl(*point)) return "must not contain control characters";
    if (IsBlank(*point) && (at_start || at == text.size())) {
      return "must not begin or end with whitespace";
    }
  }
  return std::nullopt;
}

Complaint CheckAbsolutePath(std::string_view text) {
  if (auto complaint = CheckIdentifier(text)) return complaint;
  if (!text.starts_with('/')) return "must be an absolute path";
  return std::nullopt;
}

Complaint CheckCleanPath(std::string_view text) {
  if (auto complaint = CheckAbsolutePath(text)) return complaint;
  if (!AllSegments(text.substr(1), IsRealSegment)) {
    return "must not contain empty, '.' or '..' segments";
  }
  return std::nullopt;
}

Complaint CheckSocketLength(std::string_view path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return "must be shorter than 108 bytes";
  return std::nullopt;
}

Complaint CheckMountPath(std::string_view text) {
  if (auto complaint = CheckIdentifier(text)) return complaint;
  if (text.starts_with('/')) return "must be relative, without a leading '/'";
  if (!AllSegments(text, IsRealSegment)) return "must not contain empty, '.' or '..' segments";
  return std::nullopt;
}

Complaint CheckAuthMountPath(std::string_view text) {
  if (auto complaint = CheckMountPath(text)) return complaint;
  if (!text.starts_with("auth/")) return "must begin with 'auth/': write auth/jwt, not jwt";
  return std::nullopt;
}

Complaint CheckNamespace(std::string_view text) {
  if (auto complaint = CheckIdentifier(text)) return complaint;
  if (text.starts_with('/')) return "must be relative, without a leading '/'";
  if (!AllSegments(text, IsRealSegment)) return "must not contain empty, '.' or '..' segments";
  if (text.find('%') != std::string_view::npos) return "must not contain '%'";
  return std::nullopt;
}

Complaint CheckKeyName(std::string_view text) {
  const auto inner = [](char c) { return IsLetterOrDigit(c) || c == '_' || c == '.' || c == '-'; };
  const auto outer = [](char c) { return IsLetterOrDigit(c) || c == '_'; };
  if (!AllOf(text, inner) || !outer(text.front()) || !outer(text.back())) {
    return "must be letters, digits, '_', '.' or '-', with a letter, a digit or '_' at both ends";
  }
  return std::nullopt;
}

bool IsIpv6(std::string_view text) {
  // A zone belongs to this host, not to the address.
  const std::size_t zone = text.find('%');
  if (zone != std::string_view::npos) {
    const auto in_zone = [](char c) {
      return IsLetterOrDigit(c) || c == '_' || c == '.' || c == '-';
    };
    if (!AllOf(text.substr(zone + 1), in_zone)) return false;
    text = text.substr(0, zone);
  }
  in6_addr address{};
  return ::inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

bool IsHost(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) {
    in_addr address{};
    return ::inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
  }
  if (text.ends_with('.')) text.remove_suffix(1);
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    const auto allowed = [](char c) { return IsLetterOrDigit(c) || c == '-' || c == '_'; };
    if (label.size() > 63 || !AllOf(label, allowed) || label.front() == '-' ||
        label.back() == '-') {
      return false;
    }
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  if (!AllOf(text, [](char c) { return kDigits.find(c) != std::string_view::npos; })) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<HostPort> SplitHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = ParsePort(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return std::nullopt;
    host = host.substr(1, host.size() - 2);
    if (!IsIpv6(host)) return std::nullopt;
  } else if (!host.empty() && !IsHost(host)) {
    return std::nullopt;
  }
  return HostPort{std::string(host), *port};
}

Complaint CheckServerName(std::string_view text) {
  if (!IsHost(text) && !IsIpv6(text)) return "must be a DNS name or an IP address";
  return std::nullopt;
}

Complaint CheckListenAddress(std::string_view text) {
  if (!text.empty() && !SplitHostPort(text)) return "must be host:port, or empty to switch it off";
  return std::nullopt;
}

Complaint CheckGroup(std::string_view text) {
  if (auto complaint = CheckIdentifier(text)) return complaint;
  if (text.find_first_not_of(kDigits) == std::string_view::npos) {
    std::uint32_t gid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), gid);
    // The last value means "no change" to chown.
    if (error != std::errc() || gid == UINT32_MAX) return "is not a group id";
    return std::nullopt;
  }
  if (text.find_first_of(":/") != std::string_view::npos) return "is not a group name";
  return std::nullopt;
}

Complaint CheckScopeToken(std::string_view text) {
  const auto allowed = [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; };
  if (!AllOf(text, allowed)) return "must be OAuth 2.0 scope tokens (RFC 6749), one per entry";
  return std::nullopt;
}

Complaint CheckTrustDomain(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  if (text.size() > 255 || !AllOf(text, allowed)) {
    return "must be a SPIFFE trust domain: lower-case letters, digits, '.', '-', '_'";
  }
  return std::nullopt;
}

Complaint CheckSpiffeId(std::string_view text) {
  constexpr std::string_view kScheme = "spiffe://";
  constexpr std::size_t kMostBytes = 2048;
  const auto wrong = [] { return Complaint("must be spiffe://domain/path"); };
  if (!text.starts_with(kScheme) || text.size() > kMostBytes) return wrong();
  text.remove_prefix(kScheme.size());
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || CheckTrustDomain(text.substr(0, slash))) return wrong();
  const auto allowed = [](char c) {
    return IsLetterOrDigit(c) || c == '.' || c == '-' || c == '_';
  };
  const auto segment_ok = [&](std::string_view s) { return IsRealSegment(s) && AllOf(s, allowed); };
  if (!AllSegments(text.substr(slash + 1), segment_ok)) return wrong();
  return std::nullopt;
}

Complaint CheckWorkloadSocket(std::string_view text) {
  constexpr std::string_view kScheme = "unix://";
  if (!text.starts_with(kScheme) || CheckCleanPath(text.substr(kScheme.size())) ||
      text.find_first_of("?#") != std::string_view::npos) {
    return "must be unix:// followed by an absolute path";
  }
  if (CheckSocketLength(text.substr(kScheme.size()))) {
    return "must be unix:// followed by a path shorter than 108 bytes";
  }
  return std::nullopt;
}

}  // namespace baokms::adapters::config_yaml
