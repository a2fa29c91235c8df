// From a document to a draft: values with their origin, not yet judged by any rule.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "adapters/config_yaml/config_problem.h"
#include "core/model/configuration.h"

namespace baokms::adapters::config_yaml {

struct Draft {
  core::Configuration value;
  // Fields and sections written in the file, with their 1-based lines.
  std::map<std::string, int, std::less<>> written;
  // Fields whose written value was refused: no rule speaks about them again.
  std::set<std::string, std::less<>> refused;
  // Where an override came from: "--log-level", a variable's name.
  std::map<std::string, std::string, std::less<>> overridden;
  ConfigProblems problems;
  // The document was readable as a mapping; without it nothing but `problems` counts.
  bool readable = true;

  // Adds a problem with the field's line or origin, unless the field was refused already.
  void Complain(std::string_view field, std::string message);
};

// Every field at the table's default, configVersion included.
Draft DefaultDraft();

Draft DecodeDocument(std::string_view text);

// Settles defaults that depend on other fields: auth.loginTimeout, auth.cert.minRemainingTtl.
void SettleDependentDefaults(Draft& draft);

}  // namespace baokms::adapters::config_yaml
