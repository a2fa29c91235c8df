#include "adapters/config_yaml/suggestion.h"

#include <algorithm>
#include <set>
#include <vector>

#include "adapters/config_yaml/field_table.h"
#include "core/text/nearest_word.h"

namespace baokms::adapters::config_yaml {
namespace {

bool SameButForCase(std::string_view left, std::string_view right) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(left, right, {}, lower, lower);
}

}  // namespace

std::string SuggestKey(std::string_view section, std::string_view key) {
  std::set<std::string> siblings;
  std::set<std::string> elsewhere;
  for (const Field& field : Fields()) {
    std::string_view rest = field.name;
    if (rest.starts_with(section)) {
      rest.remove_prefix(section.size());
      siblings.emplace(rest.substr(0, rest.find('.')));
    }
    // The field and every section above it.
    for (std::size_t end = field.name.size(); end != std::string_view::npos && end > 0;
         end = field.name.rfind('.', end - 1)) {
      const std::string_view name = field.name.substr(0, end);
      if (SameButForCase(LastPart(name), key)) elsewhere.emplace(name);
    }
  }
  std::string nearest =
      core::NearestWord(key, std::vector<std::string>(siblings.begin(), siblings.end()));
  if (!nearest.empty()) return nearest;
  return elsewhere.empty() ? "" : *elsewhere.begin();
}

}  // namespace baokms::adapters::config_yaml
