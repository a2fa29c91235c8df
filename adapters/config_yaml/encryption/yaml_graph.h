// The first document of a YAML text as it is written: scalars with their tags, aliases that point
// at what they name. yaml_document.h refuses all of that in our own file; kube-apiserver does not.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/config_yaml/config_problem.h"

namespace baokms::adapters::config_yaml {

struct YamlGraph {
  struct Node {
    enum class Kind : std::uint8_t { kScalar, kSequence, kMapping, kAlias };
    Kind kind = Kind::kScalar;
    int line = 0;
    bool plain = false;                 // a scalar without quotes
    std::string tag;                    // of a scalar; empty: none
    std::string text;                   // of a scalar
    std::vector<const Node*> children;  // of a mapping: key, value, key, ...
    const Node* alias_of = nullptr;
  };

  // Stable addresses; an alias may point at what contains it.
  std::deque<Node> nodes;
  const Node* root = nullptr;  // null: an empty text, or problems
  // Why the text is no YAML; the field is "document".
  ConfigProblems problems;
  // Something follows the document: kube-apiserver does not read it.
  bool more_follows = false;
};

// Never throws. `text`: UTF-8 without a byte order mark, its lines end in LF.
YamlGraph ReadYaml(std::string_view text);

}  // namespace baokms::adapters::config_yaml
