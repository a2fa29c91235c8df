// What is wrong with a configuration: the field, the line where there is one, and what to do.
// Messages are fixed texts with field and key names; they never carry a value.
#pragma once

#include <string>
#include <vector>

namespace baokms::adapters::config_yaml {

struct ConfigProblem {
  std::string field;  // dotted name; "config" for the document as a whole
  int line = 0;       // 1-based; 0 when the value did not come from the file
  std::string message;

  friend bool operator==(const ConfigProblem&, const ConfigProblem&) = default;
};

using ConfigProblems = std::vector<ConfigProblem>;

// "field: message", with "(line N)" where there is one.
std::string FormatProblem(const ConfigProblem& problem);

// "config invalid", then one "field: message" a line, each with "(line N)" where there is one; no
// trailing newline.
std::string FormatProblems(const ConfigProblems& problems);

}  // namespace baokms::adapters::config_yaml
