#include "core/text/nearest_word.h"

#include <algorithm>
#include <vector>

namespace baokms::core {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::size_t Edits(const std::string& a, const std::string& b) {
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

std::string NearestWord(std::string_view typed, std::span<const std::string> words) {
  constexpr std::size_t kLongest = 64;
  if (typed.size() > kLongest) return "";
  const std::string lower = Lower(typed);
  std::string nearest;
  std::size_t least = std::max<std::size_t>(2, typed.size() / 4) + 1;
  for (const std::string& word : words) {
    const std::size_t edits = Edits(Lower(word), lower);
    if (edits < least && edits < word.size()) {
      least = edits;
      nearest = word;
    }
  }
  return nearest;
}

}  // namespace baokms::core
