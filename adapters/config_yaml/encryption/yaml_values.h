// What sigs.k8s.io/yaml makes of a YAML text: aliases replaced by what they name, merge keys
// merged, scalars read.
#pragma once

#include <optional>
#include <string_view>

#include "adapters/config_yaml/config_problem.h"
#include "adapters/config_yaml/encryption/go_value.h"

namespace baokms::adapters::config_yaml {

struct FileValues {
  std::optional<GoValue> root;  // absent with problems
  ConfigProblems problems;
  bool more_follows = false;  // behind the first document
};

FileValues ReadYamlValues(std::string_view text);

}  // namespace baokms::adapters::config_yaml
