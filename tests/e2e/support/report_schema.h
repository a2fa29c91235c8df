// That what a command printed with --output json fits the published schema of its report.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "tests/support/report_schemas/report_schemas.h"

namespace baokms::e2e {

// CHECKs it of a document, of which `name` is the schema.
inline void CheckFitsItsSchema(const std::string& name, const std::string& printed) {
  INFO(printed);
  const nlohmann::json document = nlohmann::json::parse(printed, nullptr, false);
  CHECK_MESSAGE(!document.is_discarded(), "no JSON");
  if (document.is_discarded()) return;
  for (const std::string& problem : testing::SchemaProblems(testing::ReadSchema(name), document)) {
    FAIL_CHECK(name << ".schema.json: " << problem);
  }
}

// CHECKs it of a command's standard output; one that failed may have printed nothing.
inline void CheckReportFits(const std::string& command, const std::string& printed) {
  if (!printed.empty()) CheckFitsItsSchema(testing::SchemaOfReport(command), printed);
}

}  // namespace baokms::e2e
