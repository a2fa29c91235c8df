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

TEST_CASE("Config schema: a PKCS#11 token has a label or a serial number") {
  const json schema = json::parse(ConfigSchema());
  CHECK(PropertyOf(schema, "auth.cert.pkcs11.tokenSerial")["maxLength"] == 16);
  std::vector<std::string> alternatives;
  for (const json& condition : schema["allOf"]) {
    if (!condition.contains("then") || !condition["then"].contains("anyOf")) continue;
    for (const json& alternative : condition["then"]["anyOf"]) {
      const json& pkcs11 = alternative.at("properties")
                               .at("auth")
                               .at("properties")
                               .at("cert")
                               .at("properties")
                               .at("pkcs11");
      CHECK(alternative.at("required") == json({"auth"}));
      REQUIRE(pkcs11.at("required").size() == 1);
      const std::string name = pkcs11["required"][0];
      CHECK(pkcs11.at("properties").at(name).at("minLength") == 1);
      alternatives.push_back(name);
    }
  }
  CHECK(alternatives == std::vector<std::string>{"tokenLabel", "tokenSerial"});
}

}  // namespace
