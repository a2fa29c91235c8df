#include "app/reference/field_facts.h"

namespace baokms::app {

using adapters::config_yaml::Field;

std::string TypeAndRule(const Field& field) {
  std::string text(adapters::config_yaml::DescribeType(field));
  const std::string rule = adapters::config_yaml::DescribeRule(field);
  return rule.empty() ? text : text + ", " + rule;
}

std::string Conditions(const Field& field) {
  using adapters::config_yaml::Bearing;
  using adapters::config_yaml::Need;
  std::string text = field.need == Need::kRequired ? "required" : "";
  const std::string_view branch = adapters::config_yaml::DescribeBranch(field.branch);
  if (!branch.empty()) text.append(text.empty() ? "only with " : " with ").append(branch);
  if (field.bearing == Bearing::kIdentity) {
    text += text.empty() ? "identity: never change it" : "; identity: never change it";
  }
  return text;
}

std::string_view SectionOf(const Field& field) {
  const std::size_t dot = field.name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : field.name.substr(0, dot);
}

}  // namespace baokms::app
