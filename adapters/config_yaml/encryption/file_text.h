// The characters of the file, before anybody reads a value: what YAML 1.1 refuses, and what this
// check leaves to kube-apiserver.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/config_yaml/config_problem.h"

namespace baokms::adapters::config_yaml {

// Without its byte order mark, and with LF for each of YAML's line breaks CR LF, CR and LF.
std::string PlainLines(std::string_view text);

// No UTF-8, or a control character.
std::optional<ConfigProblem> BadYamlText(std::string_view text);

// Where the reader here and kube-apiserver's may differ.
struct Doubts {
  std::string always;       // why nothing can be said about the file; empty: something can
  std::string if_accepted;  // why kube-apiserver may refuse what is accepted here
  std::string if_refused;   // the other way round
};

Doubts DoubtsAboutYaml(std::string_view text);
Doubts DoubtsAboutJson(std::string_view text);

}  // namespace baokms::adapters::config_yaml
