#include "tests/support/report_schemas/report_schemas.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {
namespace {

using Json = nlohmann::json;

constexpr const char* kSuffix = ".schema.json";

// What the validator does as 2020-12 has it, and what only tells. It knows drafts up to 7 and
// passes over a keyword that it does not know, so that any other one would check nothing.
const std::set<std::string> kChecked = {
    "type",    "properties", "required", "additionalProperties",
    "items",   "enum",       "const",    "pattern",
    "minimum", "maximum",    "minItems", "minLength",
};
const std::set<std::string> kTold = {"$schema", "title", "description", "default"};

void RefuseUnknownKeywords(const Json& schema) {
  if (schema.is_boolean()) return;
  for (const auto& [keyword, value] : schema.items()) {
    if (!kChecked.contains(keyword) && !kTold.contains(keyword)) {
      throw HarnessError("a schema with a keyword that nobody checks: " + keyword);
    }
    if (keyword == "properties") {
      for (const auto& [name, property] : value.items()) RefuseUnknownKeywords(property);
    }
    if (keyword == "items" || keyword == "additionalProperties") RefuseUnknownKeywords(value);
  }
}

}  // namespace

Json ReadSchema(const std::string& name) {
  const std::string file = std::string(BAOKMS_SCHEMAS_DIRECTORY) + '/' + name + kSuffix;
  Json schema = Json::parse(ReadWholeFile(file), nullptr, false);
  if (!schema.is_object()) throw HarnessError("no such schema: " + file);
  return schema;
}

std::vector<std::string> SchemaNames() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(BAOKMS_SCHEMAS_DIRECTORY)) {
    const std::string file = entry.path().filename();
    if (file.ends_with(kSuffix)) names.push_back(file.substr(0, file.find('.')));
  }
  std::ranges::sort(names);
  return names;
}

std::string SchemaOfReport(const std::string& command) {
  static const std::map<std::string, std::string> schemas = {
      {"doctor", "check-report"},
      {"verify-key", "check-report"},
      {"probe", "check-report"},
      {"rotation-plan", "rotation-plan"},
      {"verify-rotation", "verify-rotation"},
      {"retire-versions", "version-change"},
      {"restore-versions", "version-change"},
      {"migrate-state", "version-change"},
      {"recover-state", "recover-state"},
      {"key-usage", "key-usage"},
      {"benchmark", "benchmark"},
      {"status", "status"},
      {"check-expiration", "check-expiration"},
      {"nodes", "nodes-compare"},
  };
  const auto found = schemas.find(command);
  if (found == schemas.end()) throw HarnessError("a report without a schema: " + command);
  return found->second;
}

std::vector<std::string> SchemaProblems(const Json& schema, const Json& document) {
  RefuseUnknownKeywords(schema);
  valijson::Schema parsed;
  valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(schema), parsed);
  // Strong: 1 is no "1" and no true.
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  validator.validate(parsed, valijson::adapters::NlohmannJsonAdapter(document), &results);
  std::vector<std::string> problems;
  for (valijson::ValidationResults::Error error; results.popError(error);) {
    std::string where;
    for (const std::string& step : error.context) where += step;
    problems.push_back(where + ": " + error.description);
  }
  return problems;
}

}  // namespace baokms::testing
