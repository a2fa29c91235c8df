#include "adapters/state_file/registry_parser.h"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/adapters/state_file/state_directory.h"

namespace baokms::adapters::state_file {
namespace {

nlohmann::json Vectors() {
  std::ifstream in(BAOKMS_VECTORS);
  return nlohmann::json::parse(in);
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string RegistryRefusal(const std::string& text) {
  const auto parsed = ParseRegistry(text);
  if (parsed) return "accepted";
  CHECK(parsed.error().kind == ports::StateProblemKind::kMalformed);
  const std::string problem(parsed.error().text);
  return problem.substr(0, problem.find(';'));
}

std::string CheckpointRefusal(const std::string& text) {
  const auto parsed = ParseCheckpoint(text);
  if (parsed) return "accepted";
  CHECK(parsed.error().kind == ports::StateProblemKind::kMalformed);
  const std::string problem(parsed.error().text);
  return problem.substr(0, problem.find(';'));
}

// An independent reading of the same file, by another JSON library.
core::RegistryDocument Expected(const nlohmann::json& file) {
  core::RegistryDocument document;
  document.schema_version = file.at("schemaVersion");
  document.identity_fingerprint = file.value("identityFingerprint", "");
  document.generation = file.at("generation");
  if (file.contains("previousHash")) document.previous_hash = file.at("previousHash");
  document.current_hash = file.at("currentHash");
  document.active_key_id = file.at("activeKeyId");
  for (const auto& record : file.at("snapshots")) {
    document.snapshots.push_back(
        {.provider_name = record.at("providerName"),
         .cluster_id = record.at("clusterId"),
         .openbao_instance_id = record.at("openbaoInstanceId"),
         .openbao_namespace = record.value("openbaoNamespace", ""),
         .transit_mount_id = record.at("transitMountId"),
         .transit_key_lineage_id = record.at("transitKeyLineageId"),
         .transit_version = record.at("transitVersion"),
         .transit_version_created_at = record.at("transitVersionCreatedAtUnix"),
         .kubernetes_key_id = record.at("kubernetesKeyId"),
         .state = record.at("state"),
         .aad_mode = record.at("aadMode"),
         .observed_at = record.value("observedAtUnix", std::int64_t{0}),
         .stable_observation_count = record.value("stableObservationCount", std::int64_t{0}),
         .stable_at = record.value("stableAtUnix", std::int64_t{0}),
         .promoted_at = record.value("promotedAtUnix", std::int64_t{0})});
  }
  return document;
}

TEST_CASE("ParseRegistry: every published state file is read in full") {
  const auto vectors = Vectors();
  std::vector<std::string> files;
  for (const auto& vector : vectors.at("registryState")) files.push_back(vector.at("file"));
  for (const auto& vector : vectors.at("migrateState")) {
    files.push_back(vector.at("from"));
    files.push_back(vector.at("to"));
  }
  REQUIRE(files.size() >= 15);
  for (const auto& file : files) {
    const auto parsed = ParseRegistry(file);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == Expected(nlohmann::json::parse(file)));
  }
}

TEST_CASE("ParseCheckpoint: every published checkpoint is read in full") {
  const auto vectors = Vectors();
  REQUIRE(vectors.at("checkpoint").size() >= 6);
  for (const auto& vector : vectors.at("checkpoint")) {
    const auto file = nlohmann::json::parse(vector.at("file").get<std::string>());
    const auto parsed = ParseCheckpoint(vector.at("file").get<std::string>());
    REQUIRE(parsed.has_value());
    CHECK(*parsed == core::CheckpointDocument{.schema_version = file.at("schemaVersion"),
                                              .generation = file.at("generation"),
                                              .current_hash = file.at("currentHash")});
  }
}

TEST_CASE("ParseRegistry: the older schema has no identityFingerprint and must not have one") {
  const std::string older =
      Replaced(Replaced(kStateText, "v1alpha2", "v1alpha1"), R"("identityFingerprint": "f",)", "");
  const auto parsed = ParseRegistry(older);
  REQUIRE(parsed.has_value());
  CHECK(parsed->schema_version == kOlderRegistrySchema);
  CHECK(parsed->identity_fingerprint.empty());
  CHECK(parsed->snapshots.size() == 1);
  CHECK(RegistryRefusal(Replaced(kStateText, "v1alpha2", "v1alpha1")) ==
        "the state file has an unknown field");
}

TEST_CASE("ParseRegistry: a document of an unknown schema carries its name to core and no more") {
  const auto parsed = ParseRegistry(R"({"new": [1], "schemaVersion": "keyregistry/v9"})");
  REQUIRE(parsed.has_value());
  CHECK(*parsed == core::RegistryDocument{.schema_version = "keyregistry/v9",
                                          .identity_fingerprint = "",
                                          .generation = 0,
                                          .previous_hash = std::nullopt,
                                          .current_hash = "",
                                          .active_key_id = "",
                                          .snapshots = {}});
  const auto checkpoint = ParseCheckpoint(R"({"schemaVersion": "x", "generation": 7})");
  REQUIRE(checkpoint.has_value());
  CHECK(checkpoint->schema_version == "x");
  CHECK(checkpoint->generation == 0);
}

TEST_CASE("ParseRegistry: fields are free in their order") {
  const auto parsed = ParseRegistry(
      R"({"snapshots": [], "activeKeyId": "k", "currentHash": "h", "previousHash": "q",
          "generation": 2, "identityFingerprint": "f",
          "schemaVersion": "keyregistry.openbao-kms/v1alpha2"})");
  REQUIRE(parsed.has_value());
  CHECK(parsed->generation == 2);
  CHECK(parsed->previous_hash == "q");
}

TEST_CASE("ParseRegistry: negative numbers are for core to refuse") {
  const auto parsed = ParseRegistry(Replaced(
      Replaced(kStateText, R"("generation": 1)", R"("generation": -3)"), "1715803200", "-9"));
  REQUIRE(parsed.has_value());
  CHECK(parsed->generation == -3);
  CHECK(parsed->snapshots[0].transit_version_created_at == -9);
}

TEST_CASE("ParseRegistry: text that is not one JSON document is refused") {
  const std::string expected = "the state file is not a single JSON document";
  CHECK(RegistryRefusal("") == expected);
  CHECK(RegistryRefusal("{") == expected);
  CHECK(RegistryRefusal(kStateText + "{}") == expected);
  CHECK(RegistryRefusal(kStateText + "x") == expected);
  CHECK(RegistryRefusal(kStateText + std::string(1, '\0')) == expected);
  CHECK(RegistryRefusal("\xEF\xBB\xBF" + kStateText) == expected);
  CHECK(RegistryRefusal(Replaced(kStateText, R"("f")", "\"\xFF\"")) == expected);
  CHECK(RegistryRefusal(kStateText + " \n") == "accepted");
}

TEST_CASE("ParseRegistry: a file cut anywhere is refused") {
  const std::string whole = kStateText.substr(0, kStateText.size() - 1);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CHECK_FALSE(ParseRegistry(whole.substr(0, length)).has_value());
    CHECK_FALSE(ParseCheckpoint(whole.substr(0, length)).has_value());
  }
  CHECK(ParseRegistry(whole).has_value());
}

TEST_CASE("ParseRegistry: something else where an object belongs is refused") {
  const std::string expected = "the state file has a non-object value where an object is required";
  CHECK(RegistryRefusal("[]") == expected);
  CHECK(RegistryRefusal("null") == expected);
  CHECK(RegistryRefusal(Replaced(kStateText, kRecordText, "7")) == expected);
}

TEST_CASE("ParseRegistry: unknown fields are refused in the document and in a record") {
  const std::string expected = "the state file has an unknown field";
  CHECK(RegistryRefusal(Replaced(kStateText, "{", R"({"extra": 1, )")) == expected);
  CHECK(RegistryRefusal(Replaced(kStateText, R"({"providerName")",
                                 R"({"extra": 1, "providerName")")) == expected);
  CHECK(RegistryRefusal(Replaced(kStateText, "generation", "Generation")) == expected);
}

TEST_CASE("ParseRegistry: a field that stands twice is refused, escaped spellings too") {
  const std::string expected = "the state file has a duplicate field";
  CHECK(RegistryRefusal(Replaced(kStateText, "{", R"({"generation": 1, )")) == expected);
  CHECK(RegistryRefusal(Replaced(kStateText, "{", R"({"gener\u0061tion": 1, )")) == expected);
  CHECK(RegistryRefusal(Replaced(kStateText, "{", R"({"snapshots": [], )")) == expected);
  CHECK(RegistryRefusal(Replaced(kStateText, "{", R"({"schemaVersion": "x", )")) == expected);
  CHECK(RegistryRefusal(Replaced(kStateText, R"({"providerName")",
                                 R"({"state": "active", "providerName")")) == expected);
}

TEST_CASE("ParseRegistry: every field but the optional ones must be there") {
  const std::string expected = "the state file lacks a required field";
  const auto whole = nlohmann::json::parse(kStateText);
  for (const auto& [name, value] : whole.items()) {
    auto less = whole;
    less.erase(name);
    CHECK_MESSAGE(RegistryRefusal(less.dump()) == expected, name);
  }
  for (const auto& [name, value] : whole.at("snapshots").at(0).items()) {
    auto less = whole;
    less.at("snapshots").at(0).erase(name);
    const bool optional = name == "observedAtUnix" || name == "promotedAtUnix";
    CHECK_MESSAGE(RegistryRefusal(less.dump()) == (optional ? "accepted" : expected), name);
  }
}

TEST_CASE("ParseRegistry: every field refuses every other JSON type") {
  const std::string wrong_type = "the state file has a field of the wrong JSON type";
  auto whole = nlohmann::json::parse(kStateText);
  whole["previousHash"] = "q";
  whole["snapshots"][0]["openbaoNamespace"] = "n";
  whole["snapshots"][0]["stableObservationCount"] = 1;
  whole["snapshots"][0]["stableAtUnix"] = 1;
  REQUIRE(RegistryRefusal(whole.dump()) == "accepted");
  const std::vector<nlohmann::json> values{nullptr,
                                           true,
                                           "1",
                                           1,
                                           1.0,
                                           1e3,
                                           9223372036854775808U,
                                           nlohmann::json::array(),
                                           nlohmann::json::object()};
  for (const auto& value : values) {
    const auto check = [&](nlohmann::json changed, const std::string& name,
                           const nlohmann::json& before) {
      const bool same =
          (value.is_string() && before.is_string()) ||
          (value == nlohmann::json(1) && value.is_number_integer() && before.is_number_integer()) ||
          (value.is_array() && before.is_array());
      // A schema that is text of another kind belongs to core.
      CHECK_MESSAGE(RegistryRefusal(changed.dump()) == (same ? "accepted" : wrong_type),
                    (name + " = " + value.dump()));
    };
    for (const auto& [name, before] : whole.items()) {
      auto changed = whole;
      changed[name] = value;
      check(changed, name, before);
    }
    for (const auto& [name, before] : whole["snapshots"][0].items()) {
      auto changed = whole;
      changed["snapshots"][0][name] = value;
      check(changed, name, before);
    }
  }
}

TEST_CASE("ParseRegistry: numbers are plain 64 bit integers") {
  const std::string wrong_type = "the state file has a field of the wrong JSON type";
  const auto with = [](std::string_view number) {
    return Replaced(kStateText, "1715803200", number);
  };
  CHECK(RegistryRefusal(with("1715803200.0")) == wrong_type);
  CHECK(RegistryRefusal(with("17e8")) == wrong_type);
  CHECK(RegistryRefusal(with("9223372036854775808")) == wrong_type);
  CHECK(RegistryRefusal(with("99999999999999999999")) ==
        "the state file is not a single JSON document");
  CHECK(RegistryRefusal(with("01")) == "the state file is not a single JSON document");
  CHECK(RegistryRefusal(with("+1")) == "the state file is not a single JSON document");
  CHECK(ParseRegistry(with("9223372036854775807"))->snapshots[0].transit_version_created_at ==
        9223372036854775807);
}

TEST_CASE("ParseCheckpoint: the same rules of form hold") {
  CHECK(CheckpointRefusal(kCheckpointText) == "accepted");
  CHECK(CheckpointRefusal(kCheckpointText + "1") == "the checkpoint is not a single JSON document");
  CHECK(CheckpointRefusal("[]") == "the checkpoint is not a JSON object");
  CHECK(CheckpointRefusal(Replaced(kCheckpointText, "{", R"({"a": 1, )")) ==
        "the checkpoint has an unknown field");
  CHECK(CheckpointRefusal(Replaced(kCheckpointText, "{", R"({"generation": 1, )")) ==
        "the checkpoint has a duplicate field");
  CHECK(CheckpointRefusal(Replaced(kCheckpointText, R"(, "generation": 1)", "")) ==
        "the checkpoint lacks a required field");
  CHECK(CheckpointRefusal(Replaced(kCheckpointText, R"("h")", "null")) ==
        "the checkpoint has a field of the wrong JSON type");
}

}  // namespace
}  // namespace baokms::adapters::state_file
