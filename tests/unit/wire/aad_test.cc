#include "core/wire/aad.h"

#include <doctest/doctest.h>

#include "core/text/base64.h"
#include "core/wire/go_json.h"
#include "tests/support/core/builders.h"

namespace baokms::core {
namespace {

TEST_CASE("GoJsonWriter: an empty array stays on its line and lists are indented by two") {
  GoJsonWriter indented(GoJsonWriter::Layout::kIndented);
  indented.BeginObject().BeginArray("none").EndArray().BeginArray("two");
  indented.BeginObject().Integer("n", -1).EndObject().BeginObject().EndObject().EndArray();
  CHECK(indented.EndObject().Take() ==
        "{\n  \"none\": [],\n  \"two\": [\n    {\n      \"n\": -1\n    },\n    {}\n  ]\n}");
  GoJsonWriter compact(GoJsonWriter::Layout::kCompact);
  compact.BeginObject().StringIfAny("a", "").IntegerIfAny("b", 0).String("c", "").Integer("d", 0);
  CHECK(compact.EndObject().Take() == R"({"c":"","d":0})");
}

TEST_CASE("AAD: every field that names a key changes it") {
  const ProviderIdentity identity = testing::TestIdentity();
  const auto build = [](const ProviderIdentity& i, std::int64_t version, std::int64_t id) {
    return BuildAad(i, testing::Version(version), testing::IdOf(id)).canonical_json();
  };
  const std::string aad = build(identity, 1, 1);
  CHECK(build(identity, 2, 1) != aad);
  CHECK(build(identity, 1, 2) != aad);
  for (std::string ProviderIdentity::* field :
       {&ProviderIdentity::provider_name, &ProviderIdentity::cluster_id,
        &ProviderIdentity::openbao_instance_id, &ProviderIdentity::openbao_namespace,
        &ProviderIdentity::transit_mount_id, &ProviderIdentity::transit_key_lineage_id}) {
    ProviderIdentity other = identity;
    other.*field += "x";
    CHECK(build(other, 1, 1) != aad);
  }
}

TEST_CASE("AAD: the version stands in it as a decimal string") {
  const Aad aad = BuildAad(testing::TestIdentity(), testing::Version(42), testing::IdOf(1));
  CHECK(aad.canonical_json().ends_with(R"("key_version":"42"})"));
  CHECK(aad.associated_data() == Base64Encode(aad.canonical_json()));
}

TEST_CASE("AAD: the probe's is no object's") {
  CHECK(ProbeAad().canonical_json() == "openbao-kubernetes-kms/status-probe/v1");
  CHECK_FALSE(ProbeAad() ==
              BuildAad(testing::TestIdentity(), testing::Version(1), testing::IdOf(1)));
}

}  // namespace
}  // namespace baokms::core
