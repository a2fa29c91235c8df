// What the reference says of one field of the configuration, besides its description.
#pragma once

#include <string>
#include <string_view>

#include "adapters/config_yaml/field_table.h"

namespace baokms::app {

// "duration, above 0s"
std::string TypeAndRule(const adapters::config_yaml::Field& field);
// "required with auth.method jwt", "part of the identity" ...; empty for none.
std::string Conditions(const adapters::config_yaml::Field& field);

// "server", "auth.jwt.oauth2": the mapping that the field stands in; empty for the top.
std::string_view SectionOf(const adapters::config_yaml::Field& field);

}  // namespace baokms::app
