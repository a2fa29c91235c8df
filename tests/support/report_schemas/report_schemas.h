// The JSON Schemas of docs/reference/schemas, and whether a document fits one.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace baokms::testing {

// "benchmark" is docs/reference/schemas/benchmark.schema.json. Throws HarnessError when there is no
// such file.
nlohmann::json ReadSchema(const std::string& name);
// Of every schema there is, sorted.
std::vector<std::string> SchemaNames();

// The name of the schema that this command's report with --output json has. Throws HarnessError for
// a command without one: write it.
std::string SchemaOfReport(const std::string& command);

// Empty: it fits. Throws HarnessError for a schema with a keyword that this would not look at.
std::vector<std::string> SchemaProblems(const nlohmann::json& schema,
                                        const nlohmann::json& document);

}  // namespace baokms::testing
