// Values of one field: from YAML, from an override's text, and back to text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/config_yaml/field_table.h"
#include "adapters/config_yaml/text_rules.h"
#include "adapters/config_yaml/yaml_document.h"

namespace baokms::adapters::config_yaml {

struct ValueProblem {
  int line = 0;
  std::string message;
};

// Stores the node's value; on a problem the field keeps what it had. Values are not converted
// (configuration-and-cli.md, "Values are not converted"). Judges the type only, never the rule.
std::vector<ValueProblem> AssignNode(const Field& field, const YamlNode& node,
                                     core::Configuration& configuration);

// The same from bare text: defaults, flags, environment. Lists take no text but the empty one.
Complaint AssignText(const Field& field, std::string_view text, core::Configuration& configuration);

// As it would be written: "30s", "0660", "[a, b]"; control characters escaped.
std::string RenderValue(const Field& field, const core::Configuration& configuration);

// Empty text, no entries, an unset word, a number or mode without a value.
bool IsUnset(const Field& field, const core::Configuration& configuration);

}  // namespace baokms::adapters::config_yaml
