#include "adapters/config_yaml/config_problem.h"

namespace baokms::adapters::config_yaml {

std::string FormatProblems(const ConfigProblems& problems) {
  std::string text = "config invalid";
  for (const ConfigProblem& problem : problems) {
    text += "\n" + problem.field + ": " + problem.message;
    if (problem.line > 0) text += " (line " + std::to_string(problem.line) + ")";
  }
  return text;
}

}  // namespace baokms::adapters::config_yaml
