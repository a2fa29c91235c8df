// The published schemas, each tried on a document that fits and on every small change to it.
#include "tests/support/report_schemas/report_schemas.h"

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <set>

#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {
namespace {

using Json = nlohmann::json;

bool Fits(const std::string& schema, const Json& document) {
  return SchemaProblems(ReadSchema(schema), document).empty();
}

// One document for each schema, with every field that the schema has.
Json Sample(const std::string& name) {
  const std::string path = std::string(BAOKMS_SAMPLES_DIRECTORY) + '/' + name + ".json";
  Json sample = Json::parse(ReadWholeFile(path), nullptr, false);
  if (!sample.is_object()) throw HarnessError("no sample: " + path);
  return sample;
}

// Of the reports; the configuration's is tested with `config schema`.
std::vector<std::string> ReportSchemas() {
  std::vector<std::string> names = SchemaNames();
  std::erase(names, "config");
  return names;
}

// What is wrong in any field: of another type, or of another shape where the schema has one.
Json Wrong(const Json& value) {
  if (value.is_boolean()) return "true";
  if (value.is_number()) return value.dump();
  if (value.is_string()) return 1;
  if (value.is_array()) return Json::object();
  return Json::array();
}

using Change = std::function<void(const std::string& what, const Json& changed)>;

// Calls `tell` with the whole document for every object in it and each of its fields, changed by
// `edit`.
using Edit = std::function<void(Json& object, const std::string& field)>;
void ForEachField(const Json& document, const Edit& edit, const Change& tell) {
  const Json flat = document.flatten();
  std::set<std::string> places;  // JSON pointers of every field
  for (const auto& [pointer, leaf] : flat.items()) {
    for (Json::json_pointer at(pointer); !at.empty(); at.pop_back()) {
      if (document.at(at.parent_pointer()).is_object()) places.insert(at.to_string());
    }
  }
  for (const std::string& place : places) {
    const Json::json_pointer at(place);
    Json changed = document;
    edit(changed[at.parent_pointer()], at.back());
    tell(place, changed);
  }
}

TEST_CASE("Report schemas: each is of 2020-12 and describes every field") {
  for (const std::string& name : ReportSchemas()) {
    CAPTURE(name);
    const Json schema = ReadSchema(name);
    CHECK(schema.at("$schema") == "https://json-schema.org/draft/2020-12/schema");
    CHECK_FALSE(schema.at("title").get<std::string>().empty());
    const std::function<void(const Json&)> look = [&look](const Json& part) {
      if (part.contains("items")) look(part.at("items"));
      if (!part.contains("properties")) return;
      CHECK(part.at("additionalProperties") == false);
      CHECK(part.contains("required"));
      for (const auto& [field, property] : part.at("properties").items()) {
        CAPTURE(field);
        CHECK(property.value("description", "").ends_with('.'));
        look(property);
      }
    };
    look(schema);
  }
}

TEST_CASE("Report schemas: a sample with every field fits and fits no other") {
  for (const std::string& name : ReportSchemas()) {
    CAPTURE(name);
    const Json sample = Sample(name);
    const std::vector<std::string> problems = SchemaProblems(ReadSchema(name), sample);
    CHECK_MESSAGE(problems.empty(), (problems.empty() ? "" : problems.front()));
    const Json fields = ReadSchema(name).at("properties");
    for (const auto& [field, property] : fields.items()) {
      CHECK_MESSAGE(sample.contains(field), field);
    }
    for (const std::string& other : ReportSchemas()) {
      if (other != name) CHECK_FALSE(Fits(other, sample));
    }
  }
}

TEST_CASE("Report schemas: a renamed field or one of a wrong type or an unknown one is refused") {
  for (const std::string& name : ReportSchemas()) {
    CAPTURE(name);
    const Json sample = Sample(name);
    const auto refused = [&name](const std::string& what, const Json& changed) {
      CAPTURE(what);
      CHECK_FALSE(Fits(name, changed));
    };
    ForEachField(
        sample,
        [](Json& object, const std::string& field) {
          object[field + "x"] = object.at(field);
          object.erase(field);
        },
        refused);
    ForEachField(
        sample,
        [](Json& object, const std::string& field) { object[field] = Wrong(object.at(field)); },
        refused);
    ForEachField(
        sample, [](Json& object, const std::string& field) { object[field] = nullptr; }, refused);
    ForEachField(sample, [](Json& object, const std::string&) { object["unknown"] = 1; }, refused);
  }
}

TEST_CASE("Report schemas: a missing field is refused unless the report may leave it out") {
  const std::map<std::string, std::set<std::string>> optional = {
      {"check-report", {"message", "advice"}},
      {"key-usage", {"transitVersion", "kubernetesKeyIdHash", "unexpectedPlaintext"}},
      {"check-expiration", {"field", "expiresAt", "secondsLeft", "message"}},
      {"installation", {"image"}},
      {"nodes-compare",
       {"takenAt", "ageSeconds", "programVersion", "identityFingerprint", "activeTransitVersion",
        "activeKeyIdHash", "pendingTransitVersion", "pendingKeyIdHash", "pendingPromotesAfter"}},
      {"recover-state", {"objects"}},
      {"version-change", {"evidence"}}};
  for (const auto& [name, may_be_missing] : optional) {
    CAPTURE(name);
    ForEachField(
        Sample(name), [](Json& object, const std::string& field) { object.erase(field); },
        [&](const std::string& what, const Json& changed) {
          CAPTURE(what);
          const std::string field = what.substr(what.rfind('/') + 1);
          // A census knows the version of some objects, and the whole key_id of most.
          const bool of_some_objects = field == "transitVersion" || field == "kubernetesKeyIdHash";
          const bool in_a_census =
              name == std::string("key-usage") && what.starts_with("/encrypted/");
          const bool may = may_be_missing.contains(field) && (!of_some_objects || in_a_census);
          CHECK(Fits(name, changed) == may);
        });
  }
  // reports-and-labels.md: "booleans, name, statuses always present".
  const std::set<std::string> of_rotation = {"name",
                                             "transitMetadataStatus",
                                             "stateLoaded",
                                             "stateCheckpointLoaded",
                                             "stateCheckpointStatus",
                                             "rotationState",
                                             "confidence",
                                             "limitations"};
  for (const std::string name : {"rotation-plan", "verify-rotation"}) {
    const Json sample = Sample(name);
    for (const auto& [field, value] : sample.items()) {
      CAPTURE(field);
      Json changed = sample;
      changed.erase(field);
      CHECK(Fits(name, changed) == !of_rotation.contains(field));
    }
  }
  const std::set<std::string> of_status = {"/name",
                                           "/source",
                                           "/live",
                                           "/ready",
                                           "/reasons",
                                           "/metadataProbe/ok",
                                           "/metadataProbe/secondsAgo",
                                           "/metadataProbe/milliseconds",
                                           "/deepProbe/ok",
                                           "/deepProbe/secondsAgo",
                                           "/deepProbe/milliseconds",
                                           "/lastFailure/probe",
                                           "/lastFailure/secondsAgo",
                                           "/lastFailure/reason"};
  ForEachField(
      Sample("status"), [](Json& object, const std::string& field) { object.erase(field); },
      [&](const std::string& what, const Json& changed) {
        CAPTURE(what);
        CHECK(Fits("status", changed) == !of_status.contains(what));
      });
  const Json benchmark = Sample("benchmark");
  for (const auto& [field, value] : benchmark.items()) {
    CAPTURE(field);
    Json changed = benchmark;
    changed.erase(field);
    const bool may =
        field == "transit_stopped" || (field.starts_with("socket_") && field != "socket_status");
    CHECK(Fits("benchmark", changed) == may);
  }
}

TEST_CASE("Report schemas: values out of their words and bounds are refused") {
  const auto with = [](const std::string& name, const char* pointer, const Json& value) {
    Json changed = Sample(name);
    changed[Json::json_pointer(pointer)] = value;
    return Fits(name, changed);
  };
  CHECK(with("check-report", "/checks/0/status", "warn"));
  CHECK_FALSE(with("check-report", "/checks/0/status", "error"));
  CHECK_FALSE(with("check-report", "/name", "benchmark"));
  CHECK_FALSE(with("check-report", "/checks/0/message", ""));
  CHECK_FALSE(with("check-report", "/checks", Json::array()));
  CHECK_FALSE(with("rotation-plan", "/stateHash", "krs1.x"));
  CHECK_FALSE(with("rotation-plan", "/name", "verify-rotation"));
  CHECK_FALSE(with("rotation-plan", "/activeTransitVersion", 0));
  CHECK_FALSE(with("rotation-plan", "/pendingPromotesAfter", "tomorrow"));
  CHECK_FALSE(with("rotation-plan", "/stateBootstrapEligible", false));
  CHECK_FALSE(with("status", "/source", "metrics"));
  CHECK_FALSE(with("status", "/persistenceDegraded", false));
  CHECK_FALSE(with("status", "/tokenSecondsLeft", -1));
  CHECK_FALSE(with("status", "/activeKeyIdHash", "obk2.x"));
  CHECK_FALSE(with("check-expiration", "/expirations/0/status", "warn"));
  CHECK_FALSE(with("check-expiration", "/expirations", Json::array()));
  CHECK_FALSE(with("status", "/identityFingerprint", "cfg1.x"));
  CHECK_FALSE(with("nodes-compare", "/nodes", Json::array()));
  CHECK_FALSE(with("nodes-compare", "/nodes/0/takenAt", "today"));
  CHECK_FALSE(with("nodes-compare", "/nodes/0/ageSeconds", -1));
  CHECK_FALSE(with("nodes-compare", "/differences/0/field", "programVersion"));
  CHECK(with("version-change", "/removedVersions", Json::array()));
  CHECK_FALSE(with("version-change", "/removedVersions", nullptr));
  CHECK_FALSE(with("version-change", "/nextGeneration", 1.5));
  CHECK(with("recover-state", "/evidence", Json::array()));
  CHECK_FALSE(with("recover-state", "/evidence/0", "openbao"));
  CHECK_FALSE(with("recover-state", "/versions/0/state", "pending"));
  CHECK_FALSE(with("recover-state", "/versions", Json::array()));
  CHECK_FALSE(with("benchmark", "/transit_encrypt_ms_p50", -1));
  CHECK_FALSE(with("benchmark", "/concurrency", 65));
  CHECK_FALSE(with("installation", "/files/0/mode", "640"));
  CHECK_FALSE(with("installation", "/image", "repository:latest"));
}

TEST_CASE("Report schemas: one with a keyword that nobody checks is refused") {
  CHECK_THROWS_AS(SchemaProblems({{"unevaluatedProperties", false}}, Json::object()), HarnessError);
  CHECK_THROWS_AS(SchemaProblems({{"properties", {{"a", {{"maxLength", 3}}}}}}, Json::object()),
                  HarnessError);
  CHECK_THROWS_AS(SchemaProblems({{"items", {{"if", true}}}}, Json::object()), HarnessError);
  CHECK_THROWS_AS(SchemaOfReport("version"), HarnessError);
}

}  // namespace
}  // namespace baokms::testing
