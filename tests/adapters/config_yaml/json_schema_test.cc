#include "adapters/config_yaml/json_schema.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "adapters/config_yaml/field_table.h"

namespace {

using namespace baokms::adapters::config_yaml;
using nlohmann::json;

const json& PropertyOf(const json& schema, std::string_view name) {
  const json* at = &schema;
  while (true) {
    const std::size_t dot = name.find('.');
    CHECK((*at)["additionalProperties"] == false);
    at = &at->at("properties").at(std::string(name.substr(0, dot)));
    if (dot == std::string_view::npos) return *at;
    name.remove_prefix(dot + 1);
  }
}

std::size_t CountLeaves(const json& schema) {
  if (!schema.contains("properties")) return 1;
  std::size_t leaves = 0;
  for (const auto& [name, property] : schema["properties"].items()) leaves += CountLeaves(property);
  return leaves;
}

TEST_CASE("Config schema: has every field of the table and no other") {
  const json schema = json::parse(ConfigSchema());
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  for (const Field& field : Fields()) {
    CAPTURE(std::string(field.name));
    CHECK_NOTHROW(PropertyOf(schema, field.name));
    const std::string description = PropertyOf(schema, field.name)["description"];
    CHECK(description.starts_with(field.description));
  }
  CHECK(CountLeaves(schema) == Fields().size());
}

TEST_CASE("Config schema: types, defaults and choices come from the table") {
  const json schema = json::parse(ConfigSchema());
  CHECK(PropertyOf(schema, "configVersion")["const"] == "v1alpha1");
  CHECK(PropertyOf(schema, "server.maxConcurrentStatus")["maximum"] == 1024);
  CHECK(PropertyOf(schema, "server.maxConcurrentStatus")["default"] == 16);
  CHECK(PropertyOf(schema, "transit.coalesce")["default"] == true);
  CHECK(PropertyOf(schema, "openbao.timeout")["default"] == "2s");
  CHECK(PropertyOf(schema, "logging.level")["enum"] == json({"debug", "info", "warn", "error"}));
  CHECK(schema["allOf"][0]["required"] == json({"configVersion", "server", "openbao", "transit"}));
  CHECK(ConfigSchema().ends_with("}\n"));
}

}  // namespace
