#include "adapters/config_yaml/suggestion.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include "adapters/config_yaml/field_table.h"

namespace baokms::adapters::config_yaml {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Edits (insert, delete, replace, swap of neighbours) between two short texts, case ignored.
std::size_t Distance(std::string_view left, std::string_view right) {
  const std::string a = Lower(left);
  const std::string b = Lower(right);
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string SuggestKey(std::string_view section, std::string_view key) {
  constexpr std::size_t kLongestKey = 64;
  if (key.size() > kLongestKey) return "";
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
      if (Lower(LastPart(name)) == Lower(key)) elsewhere.emplace(name);
    }
  }
  std::string best;
  std::size_t least = std::max<std::size_t>(2, key.size() / 4) + 1;
  for (const std::string& sibling : siblings) {
    const std::size_t distance = Distance(sibling, key);
    if (distance < least && distance < sibling.size()) {
      least = distance;
      best = sibling;
    }
  }
  if (!best.empty()) return best;
  return elsewhere.empty() ? "" : *elsewhere.begin();
}

}  // namespace baokms::adapters::config_yaml
