// Every expected byte of vectors/contract-v1.json, which another implementation wrote. The
// environment variable BAOKMS_VECTORS names another file of the same form to read instead.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "adapters/state_file/registry_parser.h"
#include "core/registry/migration.h"
#include "core/registry/registry.h"
#include "core/registry/registry_json.h"
#include "core/registry/retirement.h"
#include "core/rotation/bootstrap.h"
#include "core/rotation/rotation.h"
#include "core/wire/aad.h"
#include "core/wire/annotations.h"
#include "core/wire/configuration_fingerprint.h"
#include "core/wire/key_id.h"
#include "tests/support/core/builders.h"

namespace baokms::core {
namespace {

using adapters::state_file::ParseCheckpoint;
using adapters::state_file::ParseRegistry;
using nlohmann::json;

const json& Vectors() {
  static const json vectors = [] {
    const char* other = std::getenv("BAOKMS_VECTORS");
    std::ifstream file(other != nullptr ? other : BAOKMS_VECTORS_FILE);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    return json::parse(text, nullptr, /*allow_exceptions=*/false);
  }();
  return vectors;
}

// A section that is missing or empty would let every loop over it pass.
const json& Section(const std::string& name) {
  const json& vectors = Vectors();
  REQUIRE_MESSAGE(vectors.is_object(), "the vectors cannot be read");
  REQUIRE_MESSAGE(vectors.contains(name), "no section " << name);
  REQUIRE_MESSAGE(vectors.at(name).is_array(), name << " is no list");
  REQUIRE_MESSAGE(!vectors.at(name).empty(), name << " is empty");
  return vectors.at(name);
}

std::string Text(const json& entry, const std::string& name) {
  REQUIRE_MESSAGE(entry.contains(name), "no field " << name);
  REQUIRE(entry.at(name).is_string());
  return entry.at(name).get<std::string>();
}

std::int64_t Number(const json& entry, const std::string& name) {
  REQUIRE_MESSAGE(entry.contains(name), "no field " << name);
  REQUIRE(entry.at(name).is_number_integer());
  return entry.at(name).get<std::int64_t>();
}

const json& Named(const std::string& section, const std::string& name) {
  for (const json& entry : Section(section)) {
    if (Text(entry, "name") == name) return entry;
  }
  FAIL("no entry " << name << " in " << section);
  return Vectors();
}

ProviderIdentity IdentityOf(const json& entry) {
  ProviderIdentity identity{.provider_name = Text(entry, "providerName"),
                            .cluster_id = Text(entry, "clusterId"),
                            .openbao_instance_id = Text(entry, "openbaoInstanceId"),
                            .openbao_namespace = entry.contains("openbaoNamespace")
                                                     ? Text(entry, "openbaoNamespace")
                                                     : std::string(),
                            .transit_mount_id = Text(entry, "transitMountId"),
                            .transit_key_lineage_id = Text(entry, "transitKeyLineageId"),
                            .transit_mount_path = "",
                            .transit_key_name = ""};
  if (entry.contains("transitMountPath")) {
    identity.transit_mount_path = Text(entry, "transitMountPath");
    identity.transit_key_name = Text(entry, "transitKeyName");
  }
  return identity;
}

// The configuration with this fingerprint; null when the vectors hold none.
Registry::Identity ConfigurationWith(const std::string& fingerprint) {
  for (const json& entry : Section("configFingerprint")) {
    if (Text(entry, "fingerprint") == fingerprint) {
      return testing::Bind(IdentityOf(entry.at("identity")));
    }
  }
  return nullptr;
}

RegistryDocument Parsed(const std::string& file) {
  auto document = ParseRegistry(file);
  REQUIRE(document.has_value());
  return *document;
}

TEST_CASE("vectors: key_id and annotations and AAD of every snapshot are the published bytes") {
  for (const json& entry : Section("keyIdAndAad")) {
    const std::string name = Text(entry, "name");
    CAPTURE(name);
    const json& snapshot = entry.at("snapshot");
    const ProviderIdentity identity = IdentityOf(snapshot);
    const TransitKeyVersion version = testing::Version(Number(snapshot, "transitVersion"));
    const KeyId key_id =
        DeriveKeyId(identity, version, Number(snapshot, "transitVersionCreatedAtUnix"));
    CHECK(key_id.str() == Text(entry, "keyId"));
    CHECK(KeyId::Parse(Text(entry, "keyId")).has_value());

    Annotations expected;
    REQUIRE(!entry.at("annotations").empty());
    for (const auto& [key, value] : entry.at("annotations").items()) {
      expected.emplace(key, value.get<std::string>());
    }
    CHECK(BuildAnnotations(identity, version, key_id, Text(entry, "pluginVersion")) == expected);
    CHECK(CheckAnnotationsForm(expected).has_value());

    const Aad aad = BuildAad(identity, version, key_id);
    CHECK(aad.canonical_json() == Text(entry, "canonicalAad"));
    CHECK(aad.associated_data() == Text(entry, "transitAssociatedData"));
  }
}

TEST_CASE("vectors: configuration fingerprints are the published bytes") {
  for (const json& entry : Section("configFingerprint")) {
    const std::string name = Text(entry, "name");
    CAPTURE(name);
    CHECK(ConfigurationFingerprint(IdentityOf(entry.at("identity"))) == Text(entry, "fingerprint"));
  }
}

TEST_CASE("vectors: every state file hashes as published and is written back byte for byte") {
  for (const json& entry : Section("registryState")) {
    const std::string name = Text(entry, "name");
    CAPTURE(name);
    const std::string file = Text(entry, "file");
    const RegistryDocument document = Parsed(file);
    CHECK(document.current_hash == Text(entry, "currentHash"));
    CHECK(RegistryHash(document) == Text(entry, "currentHash"));
    CHECK(RegistryBytes(document) == file);
  }
}

TEST_CASE("vectors: every state file of a known configuration is accepted unchanged") {
  int verified = 0;
  for (const json& entry : Section("registryState")) {
    const std::string name = Text(entry, "name");
    CAPTURE(name);
    const RegistryDocument document = Parsed(Text(entry, "file"));
    const auto identity = ConfigurationWith(document.identity_fingerprint);
    if (identity == nullptr) continue;
    const auto registry = Registry::Verify(document, identity);
    REQUIRE(registry.has_value());
    CHECK(registry->ToDocument() == document);
    CHECK(RegistryBytes(registry->ToDocument()) == Text(entry, "file"));
    ++verified;
  }
  CHECK(verified >= 12);
}

// Transit as it stood when the published rotation was observed.
TransitKeyMetadata Metadata(std::int64_t latest) {
  TransitKeyMetadata metadata = testing::FitMetadata(0);
  metadata.latest_version = latest;
  metadata.versions.push_back({.version = 1, .created_at = 1'699'999'000});
  if (latest == 3) {
    metadata.versions.push_back({.version = 2, .created_at = 1'700'000'060});
    metadata.versions.push_back({.version = 3, .created_at = 1'700'000'120});
  }
  return metadata;
}

TEST_CASE("vectors: the published rotation is reproduced byte for byte from its observations") {
  struct Step {
    const char* name;
    UnixSeconds wall;
    bool may_promote;
  };
  constexpr Step kSteps[] = {{"candidate seen, one version skipped", 1'700'000'150, false},
                             {"candidate seen again", 1'700'000'180, false},
                             {"candidate stable", 1'700'000'210, false},
                             {"promoted", 1'700'000'330, true}};
  struct Variant {
    const char* configuration;
    const char* suffix;
  };
  for (const Variant variant : {Variant{"plain", ""}, Variant{"namespaced", " (namespaced)"}}) {
    CAPTURE(variant.configuration);
    const auto identity =
        testing::Bind(IdentityOf(Named("configFingerprint", variant.configuration).at("identity")));
    const auto file = [&](const std::string& name) {
      return Text(Named("registryState", name + variant.suffix), "file");
    };
    const auto first = Bootstrap(identity, Metadata(1), 1'700'000'000);
    REQUIRE(first.has_value());
    CHECK(RegistryBytes(first->ToDocument()) == file("bootstrap"));
    Registry registry = *first;
    for (const Step& step : kSteps) {
      CAPTURE(step.name);
      const auto seen = Observe(registry, Metadata(3), RotationPolicy{.required_observations = 3},
                                ObservationKind::kRegular, step.may_promote, step.wall);
      REQUIRE(seen.has_value());
      REQUIRE(seen->next.has_value());
      CHECK(RegistryBytes(seen->next->ToDocument()) == file(step.name));
      registry = *seen->next;
    }
  }
}

TEST_CASE("vectors: the published retirement is reproduced byte for byte from its metadata") {
  for (const std::string suffix : {"", " (namespaced)"}) {
    CAPTURE(suffix);
    const RegistryDocument before =
        Parsed(Text(Named("registryState", "promoted" + suffix), "file"));
    const auto identity = ConfigurationWith(before.identity_fingerprint);
    REQUIRE(identity != nullptr);
    const auto registry = Registry::Verify(before, identity);
    REQUIRE(registry.has_value());
    const auto plan = RetireVersions(*registry, Metadata(3), testing::Version(3));
    REQUIRE(plan.has_value());
    REQUIRE(plan->next.has_value());
    const std::string retired = Text(Named("registryState", "retired below 3" + suffix), "file");
    CHECK(RegistryBytes(plan->next->ToDocument()) == retired);
    // And back: the same records in the same places, two generations on.
    const auto back =
        RestoreVersions(*plan->next, Metadata(3), {testing::Version(1), testing::Version(2)});
    REQUIRE(back.has_value());
    CHECK(back->next->ToDocument().snapshots == before.snapshots);
  }
}

TEST_CASE("vectors: every checkpoint file is written byte for byte for its state") {
  for (const json& entry : Section("checkpoint")) {
    const std::string name = Text(entry, "name");
    CAPTURE(name);
    const RegistryDocument state =
        Parsed(Text(Named("registryState", Text(entry, "name")), "file"));
    const auto identity = ConfigurationWith(state.identity_fingerprint);
    REQUIRE(identity != nullptr);
    const auto registry = Registry::Verify(state, identity);
    REQUIRE(registry.has_value());
    CHECK(CheckpointBytes(registry->ToCheckpoint()) == Text(entry, "file"));
    const auto checkpoint = ParseCheckpoint(Text(entry, "file"));
    REQUIRE(checkpoint.has_value());
    CHECK(*checkpoint == registry->ToCheckpoint());
  }
}

TEST_CASE("vectors: a migrated state keeps its records and chains from the older one") {
  for (const json& entry : Section("migrateState")) {
    const std::string name = Text(entry, "name");
    CAPTURE(name);
    const RegistryDocument from = Parsed(Text(entry, "from"));
    const RegistryDocument to = Parsed(Text(entry, "to"));
    CHECK(from.schema_version == kOlderRegistrySchema);
    CHECK(RegistryHash(from) == from.current_hash);
    CHECK(RegistryBytes(from) == Text(entry, "from"));
    CHECK(RegistryHash(to) == to.current_hash);
    CHECK(RegistryBytes(to) == Text(entry, "to"));
    CHECK(to.generation == from.generation + 1);
    CHECK(to.previous_hash == from.current_hash);
    CHECK(to.snapshots == from.snapshots);
    const auto identity = ConfigurationWith(to.identity_fingerprint);
    REQUIRE(identity != nullptr);
    const auto refused = Registry::Verify(from, identity);
    REQUIRE(!refused.has_value());
    CHECK(refused.error().kind == RegistryProblemKind::kOlderSchema);
    const auto registry = Registry::Verify(to, identity);
    REQUIRE(registry.has_value());
    CHECK(CheckpointBytes(registry->ToCheckpoint()) == Text(entry, "checkpoint"));

    const auto migrated = MigrateRegistry(from, CheckpointOf(from), identity);
    REQUIRE(migrated.has_value());
    CHECK(RegistryBytes(migrated->ToDocument()) == Text(entry, "to"));
    CHECK(CheckpointBytes(migrated->ToCheckpoint()) == Text(entry, "checkpoint"));
  }
}

}  // namespace
}  // namespace baokms::core
