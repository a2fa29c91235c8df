#include "tests/e2e/support/leak_search.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "tests/support/emulator/encoding.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::e2e {
namespace {

std::string Hex(std::string_view bytes, std::string_view digits, std::string_view before = "") {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.append(before) += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

// The characters of base64 that depend on nothing but `bytes`, when they begin `shift` bytes into a
// group of three.
std::string Base64Core(std::string_view bytes, std::size_t shift) {
  const std::string text = emulator::Base64Encode(std::string(shift, '\0') + std::string(bytes));
  const std::size_t first = shift == 0 ? 0 : shift + 1;
  const std::size_t last = (shift + bytes.size()) * 8 / 6;
  return text.substr(first, last - first);
}

bool LooksLikeToken(std::string_view content) {
  for (const std::string_view prefix : {"s.", "hvs."}) {
    for (std::size_t at = content.find(prefix); at != std::string_view::npos;
         at = content.find(prefix, at + 1)) {
      const bool within_word =
          at > 0 && std::isalnum(static_cast<unsigned char>(content[at - 1])) != 0;
      const std::string_view rest = content.substr(at + prefix.size());
      const auto end = std::find_if(rest.begin(), rest.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) == 0;
      });
      if (!within_word && end - rest.begin() >= 20) return true;
    }
  }
  return false;
}

}  // namespace

void LeakSearch::Plant(const std::string& name, std::string_view bytes) {
  if (bytes.size() < 8) throw std::invalid_argument("too short to be told from chance: " + name);
  const auto add = [&](const std::string& form, std::string text) {
    forms_.push_back({name + " as " + form, std::move(text)});
  };
  add("it is", std::string(bytes));
  add("hex", Hex(bytes, "0123456789abcdef"));
  add("upper-case hex", Hex(bytes, "0123456789ABCDEF"));
  add("escaped bytes", Hex(bytes, "0123456789abcdef", "\\x"));
  add("percent encoding", Hex(bytes, "0123456789ABCDEF", "%"));
  for (std::size_t shift = 0; shift < 3; ++shift) {
    std::string core = Base64Core(bytes, shift);
    add("base64", core);
    std::replace(core.begin(), core.end(), '+', '-');
    std::replace(core.begin(), core.end(), '/', '_');
    add("base64url", core);
  }
}

void LeakSearch::PlantJwt(const std::string& jwt) {
  std::istringstream parts(jwt);
  std::string part;
  std::getline(parts, part, '.');  // the header is everybody's
  while (std::getline(parts, part, '.')) Plant("part of a JWT", part);
}

std::vector<std::string> LeakSearch::In(std::string_view where, std::string_view content) const {
  std::set<std::string> leaks;
  for (const Form& form : forms_) {
    if (content.find(form.bytes) != std::string_view::npos) {
      leaks.insert(form.name + " in " + std::string(where));
    }
  }
  if (token_shape_ && LooksLikeToken(content)) {
    leaks.insert("something like a token in " + std::string(where));
  }
  return {leaks.begin(), leaks.end()};
}

std::vector<std::string> LeakSearch::InFile(const std::string& path) const {
  return In(path.substr(path.rfind('/') + 1), testing::ReadWholeFile(path));
}

std::vector<std::string> LeakSearch::InTree(const std::string& directory) const {
  std::vector<std::string> leaks;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    for (auto& leak : In("a file's name", name)) leaks.push_back(std::move(leak));
    if (!entry.is_regular_file()) continue;
    for (auto& leak : InFile(entry.path().string())) leaks.push_back(std::move(leak));
  }
  return leaks;
}

}  // namespace baokms::e2e
