#include "adapters/config_yaml/encryption/endpoint_url.h"

#include <algorithm>
#include <optional>

#include "core/text/ascii.h"

namespace baokms::adapters::config_yaml {
namespace {

bool IsAsciiControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// Nothing where a % is not followed by two digits.
std::optional<std::string> Unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      plain += text[at];
      continue;
    }
    if (at + 2 >= text.size()) return std::nullopt;
    const auto high = HexDigit(text[at + 1]);
    const auto low = HexDigit(text[at + 2]);
    if (!high || !low) return std::nullopt;
    plain += static_cast<char>(*high * 16 + *low);
    at += 2;
  }
  return plain;
}

// Behind "unix:", without query and fragment.
EndpointReading ReadHost(std::string_view host) {
  if (host.find_first_of("@%[]") != std::string_view::npos) return EndpointReading::kUnsure;
  const std::size_t colon = host.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view port = host.substr(colon + 1);
    if (port.contains(':')) return EndpointReading::kUnsure;
    if (!std::ranges::all_of(port, core::IsDigit)) return EndpointReading::kNoUrl;
  }
  const bool fine = host.find_first_of(" \\^`{|}") == std::string_view::npos;
  return fine ? EndpointReading::kAccepted : EndpointReading::kNoUrl;
}

// gRPC reads the path as a URL once more, behind "passthrough:///".
bool IsTarget(std::string_view path) {
  if (std::ranges::any_of(path, IsAsciiControl)) return false;
  const std::size_t hash = path.find('#');
  if (hash != std::string_view::npos && !Unescaped(path.substr(hash + 1))) return false;
  path = path.substr(0, hash);
  return Unescaped(path.substr(0, path.find('?'))).has_value();
}

}  // namespace

Endpoint ReadEndpoint(std::string_view url) {
  if (std::ranges::any_of(url, IsAsciiControl)) return {};
  const std::size_t hash = url.find('#');
  if (hash != std::string_view::npos && !Unescaped(url.substr(hash + 1))) return {};
  std::string_view rest = url.substr(0, hash);
  constexpr std::string_view kScheme = "unix:";
  if (!core::EqualsIgnoringCase(rest.substr(0, kScheme.size()), kScheme)) {
    return {.reading = EndpointReading::kOtherScheme, .path = {}};
  }
  rest = rest.substr(kScheme.size());
  rest = rest.substr(0, rest.find('?'));
  if (!rest.starts_with('/')) return {.reading = EndpointReading::kAccepted, .path = {}};
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    const std::string_view host = rest.substr(0, rest.find('/'));
    if (const EndpointReading reading = ReadHost(host); reading != EndpointReading::kAccepted) {
      return {.reading = reading, .path = {}};
    }
    rest.remove_prefix(host.size());
  }
  auto path = Unescaped(rest);
  if (!path || !IsTarget(*path)) return {};
  return {.reading = EndpointReading::kAccepted, .path = *std::move(path)};
}

}  // namespace baokms::adapters::config_yaml
