// Reading the evidence of `retire-versions` (reports-and-labels.md, "retire-versions").
#include "app/versions/evidence.h"

#include <doctest/doctest.h>

#include "app/reports/report.h"

namespace baokms::app {
namespace {

Report GoodReport() {
  return Report::parse(R"({"name": "key-usage", "revision": 41, "prefix": "/registry/",
    "keysScanned": 12, "encrypted": [{"providerName": "openbao", "keyIdHash": "H2",
      "transitVersion": 2, "resource": "secrets", "objects": 3},
    {"providerName": "hsm", "keyIdHash": "H2", "resource": "configmaps", "objects": 4}], "plaintext": [],
    "otherProviders": [], "malformed": [{"resource": "secrets", "objects": 2}],
    "unreferencedVersions": [{"transitVersion": 1, "keyIdHash": "H1", "state": "retired"}],
    "limitations": [], "takenAt": "2023-11-14T22:13:20Z", "clusterId": "prod",
    "providerName": "openbao", "recordedVersions": [],
    "unexpectedPlaintext": [{"resource": "secrets", "objects": 5}]})");
}

}  // namespace

TEST_CASE("Evidence file: a report is read whole") {
  const auto read = ParseUsageReport(GoodReport().dump());
  REQUIRE(read);
  CHECK(read->taken_at == 1'700'000'000);
  CHECK(read->cluster_id == "prod");
  CHECK(read->provider_name == "openbao");
  CHECK(read->prefix == "/registry/");
  CHECK(read->revision == 41);
  CHECK(read->keys_scanned == 12);
  REQUIRE(read->encrypted.size() == 2);
  const core::UsageGroup& group = read->encrypted[0];
  CHECK(group.provider_name == "openbao");
  CHECK(group.resource == "secrets");
  CHECK(group.version == 2);
  CHECK(group.key_id_hash == "H2");
  CHECK(group.objects == 3);
  CHECK_FALSE(read->encrypted[1].version);
  CHECK(core::ObjectsUnder(*read, "H2") == 7);
  CHECK(read->unreferenced == std::set<std::string>{"H1"});
  CHECK(read->malformed == 2);
  CHECK(read->unexpected_plaintext == 5);
  CHECK(Describe(*read).starts_with("taken 2023-11-14T22:13:20Z at revision 41, 12 keys"));
}

TEST_CASE("Evidence file: without an EncryptionConfiguration the plan says so") {
  Report report = GoodReport();
  report.erase("unexpectedPlaintext");
  const auto read = ParseUsageReport(report.dump());
  REQUIRE(read);
  CHECK_FALSE(read->unexpected_plaintext);
  CHECK(Describe(*read).ends_with("plaintext was not looked for"));
}

TEST_CASE("Evidence file: every field that is missing or of another type is refused") {
  for (const char* field : {"name", "revision", "prefix", "keysScanned", "encrypted", "malformed",
                            "unreferencedVersions", "takenAt", "clusterId", "providerName"}) {
    CAPTURE(field);
    Report report = GoodReport();
    report.erase(field);
    CHECK_FALSE(ParseUsageReport(report.dump()));
    report[field] = Report::array({true});
    CHECK_FALSE(ParseUsageReport(report.dump()));
  }
  for (const char* field : {"providerName", "resource", "keyIdHash", "objects", "transitVersion"}) {
    CAPTURE(field);
    Report report = GoodReport();
    for (const Report& wrong : {Report(-1), Report(1.5), Report(true), Report(nullptr)}) {
      report["encrypted"][0][field] = wrong;
      CHECK_FALSE(ParseUsageReport(report.dump()));
    }
    report["encrypted"][0].erase(field);
    CHECK(ParseUsageReport(report.dump()).has_value() == (field == std::string("transitVersion")));
  }
  const std::string whole = GoodReport().dump();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(ParseUsageReport(whole.substr(0, size)));
  }
  CHECK_FALSE(ParseUsageReport("[]"));
  Report other = GoodReport();
  other["name"] = "rotation-plan";
  CHECK_FALSE(ParseUsageReport(other.dump()));
  other = GoodReport();
  other["takenAt"] = "yesterday";
  CHECK_FALSE(ParseUsageReport(other.dump()));
}

}  // namespace baokms::app
