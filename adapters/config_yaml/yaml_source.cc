#include "adapters/config_yaml/yaml_source.h"

namespace baokms::adapters::config_yaml {

std::optional<std::size_t> EndOfQuoted(std::string_view source, std::size_t at) {
  const char quote = source[at];
  for (std::size_t i = at + 1; i < source.size(); ++i) {
    if (quote == '"' && source[i] == '\\') {
      ++i;
    } else if (source[i] == quote) {
      if (quote == '\'' && i + 1 < source.size() && source[i + 1] == '\'') {
        ++i;
      } else {
        return i + 1;
      }
    }
  }
  return std::nullopt;
}

bool KnowsEscapes(std::string_view source, std::size_t at) {
  constexpr std::string_view kKnown = "0abt\tnvfre \"'\\N_LPxuU\r\n";
  for (std::size_t i = at + 1; i + 1 < source.size() && source[i] != '"'; ++i) {
    if (source[i] != '\\') continue;
    ++i;
    if (!kKnown.contains(source[i])) return false;
  }
  return true;
}

bool HasColon(std::string_view source, std::size_t at, std::string_view key, bool plain) {
  std::optional<std::size_t> end;
  if (plain) {
    if (source.substr(at).starts_with(key)) end = at + key.size();
  } else if (at < source.size() && (source[at] == '"' || source[at] == '\'')) {
    end = EndOfQuoted(source, at);
  }
  if (!end) return false;
  const std::size_t next = source.find_first_not_of(" \t", *end);
  return next != std::string_view::npos && source[next] == ':';
}

}  // namespace baokms::adapters::config_yaml
