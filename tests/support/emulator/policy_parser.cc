// The subset of HCL (and its JSON form) that policies are written in.
#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "tests/support/emulator/policies.h"

namespace baokms::emulator {
namespace {

constexpr std::array<std::string_view, 10> kCapabilities = {
    "deny", "create", "read", "update", "delete", "list", "sudo", "patch", "scan", "root"};

class HclReader {
 public:
  explicit HclReader(std::string_view text) : text_(text) {}

  std::expected<std::vector<PolicyRule>, std::string> ReadPolicy() {
    std::vector<PolicyRule> rules;
    for (SkipSpace(); at_ < text_.size(); SkipSpace()) {
      const std::string word = ReadWord();
      if (word == "path") {
        auto rule = ReadPath();
        if (!rule) return std::unexpected(rule.error());
        rules.push_back(*std::move(rule));
      } else if (word.empty() || !SkipAssignment()) {
        return std::unexpected("failed to parse policy: key '" + word +
                               "' expected start of object ('{') or assignment ('=')");
      }
    }
    return rules;
  }

 private:
  std::unexpected<std::string> Broken() const {
    return std::unexpected("failed to parse policy: syntax error at byte " + std::to_string(at_));
  }

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool Take(char wanted) {
    SkipSpace();
    if (Peek() != wanted) return false;
    ++at_;
    return true;
  }

  void SkipSpace() {
    while (at_ < text_.size()) {
      if (std::isspace(static_cast<unsigned char>(Peek())) != 0 || Peek() == ',') {
        ++at_;
      } else if (Peek() == '#' || text_.substr(at_).starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_).starts_with("/*")) {
        const auto end = text_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        return;
      }
    }
  }

  std::string ReadWord() {
    SkipSpace();
    if (Peek() == '"') return ReadString().value_or("");
    std::string word;
    while (std::isalnum(static_cast<unsigned char>(Peek())) != 0 || Peek() == '_' ||
           Peek() == '-' || Peek() == '.') {
      word.push_back(text_[at_++]);
    }
    return word;
  }

  std::expected<std::string, std::string> ReadString() {
    if (!Take('"')) return Broken();
    std::string value;
    while (at_ < text_.size() && Peek() != '"') {
      if (Peek() == '\\') ++at_;
      value.push_back(Peek());
      ++at_;
    }
    if (!Take('"')) return Broken();
    return value;
  }

  std::expected<std::vector<std::string>, std::string> ReadList() {
    std::vector<std::string> values;
    if (!Take('[')) return Broken();
    while (!Take(']')) {
      auto value = ReadString();
      if (!value) return std::unexpected(value.error());
      values.push_back(*std::move(value));
    }
    return values;
  }

  // Skips "= value", where value may be a string, a word, a list or a block.
  bool SkipAssignment() {
    const bool assigned = Take('=');
    SkipSpace();
    if (Peek() == '{' || Peek() == '[') return SkipNested();
    return assigned && (Peek() == '"' ? ReadString().has_value() : !ReadWord().empty());
  }

  bool SkipNested() {
    int depth = 0;
    do {
      SkipSpace();
      if (at_ >= text_.size()) return false;
      if (Peek() == '"') {
        if (!ReadString()) return false;
        continue;
      }
      if (Peek() == '{' || Peek() == '[') ++depth;
      if (Peek() == '}' || Peek() == ']') --depth;
      ++at_;
    } while (depth > 0);
    return true;
  }

  std::expected<PolicyRule, std::string> ReadPath() {
    PolicyRule rule;
    auto path = ReadString();
    if (!path) return std::unexpected(path.error());
    rule.path = *std::move(path);
    if (!Take('{')) return Broken();
    while (!Take('}')) {
      const std::string key = ReadWord();
      if (key.empty()) return Broken();
      if (key != "capabilities") {
        if (!SkipAssignment()) return Broken();
        continue;
      }
      if (!Take('=')) return Broken();
      const auto values = ReadList();
      if (!values) return std::unexpected(values.error());
      rule.capabilities.insert(values->begin(), values->end());
    }
    return rule;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::expected<std::vector<PolicyRule>, std::string> ReadJson(const nlohmann::json& policy) {
  std::vector<PolicyRule> rules;
  const auto paths = policy.find("path");
  if (paths == policy.end() || !paths->is_object()) return rules;
  for (const auto& [path, body] : paths->items()) {
    PolicyRule rule{path, {}};
    if (body.is_object() && body.contains("capabilities") && body["capabilities"].is_array()) {
      for (const auto& capability : body["capabilities"]) {
        if (capability.is_string()) rule.capabilities.insert(capability.get<std::string>());
      }
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace

std::expected<std::vector<PolicyRule>, std::string> ParsePolicy(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  auto rules = json.is_object() ? ReadJson(json) : HclReader(text).ReadPolicy();
  if (!rules) return rules;
  for (PolicyRule& rule : *rules) {
    if (rule.path.starts_with('/')) rule.path.erase(0, 1);
    for (const std::string& capability : rule.capabilities) {
      if (std::ranges::find(kCapabilities, capability) == kCapabilities.end()) {
        return std::unexpected("failed to parse policy: path \"" + rule.path +
                               "\": invalid capability \"" + capability + "\"");
      }
    }
  }
  return rules;
}

}  // namespace baokms::emulator
