#include "adapters/config_yaml/config_problem.h"

namespace baokms::adapters::config_yaml {

std::string FormatProblem(const ConfigProblem& problem) {
  std::string text = problem.field + ": " + problem.message;
  if (problem.line > 0) text += " (line " + std::to_string(problem.line) + ")";
  return text;
}

std::string FormatProblems(const ConfigProblems& problems) {
  std::string text = "config invalid";
  for (const ConfigProblem& problem : problems) {
    text += '\n' + FormatProblem(problem);
  }
  return text;
}

}  // namespace baokms::adapters::config_yaml
