#include "adapters/config_yaml/overrides.h"
#include "app/reference/field_facts.h"
#include "app/reference/pages.h"

namespace baokms::app {
namespace {

// In a table's cell.
std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c;
  }
  return cell;
}

}  // namespace

std::string ConfigurationReference() {
  std::string text =
      "# Configuration\n\nEvery field of the configuration file, in order. `bao-kms-provider "
      "config schema` prints the same as\na JSON Schema. Made from the program by `cmake --build "
      "build/default --target update_reference`; do not\nedit.\n\nIdentity fields must be the same "
      "on every node and must never change once data is encrypted.\n";
  std::string_view section = "-";
  for (const adapters::config_yaml::Field& field : adapters::config_yaml::Fields()) {
    if (SectionOf(field) != section) {
      section = SectionOf(field);
      text += "\n## " + std::string(section.empty() ? "Top" : section) +
              "\n\n| field | default | value | when | |\n|---|---|---|---|---|\n";
    }
    text += "| `" + std::string(field.name) + "` | " +
            (field.default_value.empty() ? "" : "`" + Cell(field.default_value) + "`") + " | " +
            Cell(TypeAndRule(field)) + " | " + Conditions(field) + " | " + Cell(field.description) +
            " |\n";
  }
  text +=
      "\n## Environment\n\nFlags override the environment, and the environment overrides the file. "
      "In each pair, the first variable\nthat is not empty is used.\n\n| variables | overrides "
      "|\n|---|---|\n";
  for (const auto& [field, variables] : adapters::config_yaml::DescribeOverrides()) {
    text += "| `" + std::string(variables[0]) + "`, `" + std::string(variables[1]) + "` | " +
            (field.empty() ? "`--config`" : "`" + std::string(field) + "`") + " |\n";
  }
  return text;
}

}  // namespace baokms::app
