// A YAML document as a tree with lines, and nothing YAML can do beyond mappings, lists and scalars:
// anchors, aliases, merge keys, tags, duplicate keys and further documents are problems.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/config_yaml/config_problem.h"

namespace baokms::adapters::config_yaml {

struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMapping };
  struct Entry;

  Kind kind = Kind::kNull;
  int line = 0;          // 1-based
  bool plain = false;    // a scalar without quotes
  bool refused = false;  // already reported (an alias, a tag): say nothing more about it
  std::string text;      // scalars
  std::vector<YamlNode> items;
  std::vector<Entry> entries;
};

struct YamlNode::Entry {
  std::string key;
  int line = 0;
  YamlNode value;
};

struct YamlDocument {
  // Absent when the text is no YAML at all, no mapping, or empty.
  std::optional<YamlNode> root;
  ConfigProblems problems;
};

inline constexpr std::size_t kMaxDocumentBytes = 1024 * 1024;

// Never throws. A syntax error ends the look at the document; everything else is collected.
YamlDocument ParseYaml(std::string_view text);

// A key as it may be shown: printable, at most 64 bytes.
std::string ShownKey(std::string_view key);

}  // namespace baokms::adapters::config_yaml
