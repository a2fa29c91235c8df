// What `recover-state` is given as proof.
#include "app/versions/recovery_evidence.h"

#include <doctest/doctest.h>

#include "app/reports/report.h"
#include "tests/support/core/builders.h"

namespace baokms::app {
namespace {

using core::testing::Bind;

Report Census() {
  return Report::parse(R"({"name": "key-usage", "keysScanned": 12, "encrypted": [
    {"providerName": "ours", "resource": "secrets", "keyIdHash": "a", "transitVersion": 1, "objects": 3},
    {"providerName": "hsm", "resource": "secrets", "keyIdHash": "b", "objects": 4}]})");
}

bool Refused(const Report& report) {
  const auto census = ReadCensus(report.dump(), "ours");
  if (!census) CHECK(census.error().starts_with("--evidence: the file is not a report of "));
  return !census;
}

}  // namespace

TEST_CASE("Recovery evidence: a census counts what is under this provider's name") {
  const auto census = ReadCensus(Census().dump(), "ours");
  REQUIRE(census);
  CHECK(census->keys_scanned == 12);
  CHECK(census->complete);
  REQUIRE(census->references.size() == 1);
  CHECK(census->references[0].key_id_hash == "a");
  CHECK(census->references[0].resource == "secrets");
  CHECK(census->references[0].objects == 3);
}

TEST_CASE("Recovery evidence: a list that was full is not complete") {
  Report report = Census();
  report["encrypted"][1] = {
      {"providerName", "other"}, {"resource", "other"}, {"keyIdHash", "other"}, {"objects", 9}};
  CHECK_FALSE(ReadCensus(report.dump(), "ours")->complete);
}

TEST_CASE("Recovery evidence: what is no report of key-usage is refused") {
  for (const char* text : {"", "[]", "null", "{}", "{\"name\": \"key-usage\"}"}) {
    CHECK_FALSE(ReadCensus(text, "ours"));
  }
  CHECK_FALSE(ReadCensus(Census().dump().substr(0, 60), "ours"));
  for (const char* field : {"name", "keysScanned", "encrypted"}) {
    Report report = Census();
    report.erase(field);
    CHECK(Refused(report));
    report[field] = nullptr;
    CHECK(Refused(report));
  }
  for (const char* field : {"providerName", "resource", "keyIdHash", "objects"}) {
    Report report = Census();
    report["encrypted"][0].erase(field);
    CHECK(Refused(report));
    report["encrypted"][0][field] = -1;
    CHECK(Refused(report));
  }
  Report other = Census();
  other["name"] = "rotation-plan";
  CHECK(Refused(other));
}

TEST_CASE("Recovery evidence: a peer's state must be of this configuration") {
  const core::Registry peer = core::testing::FirstRegistry();
  const std::string file = core::RegistryBytes(peer.ToDocument());
  CHECK(ReadPeerState(file, Bind()) == peer);
  const auto other = ReadPeerState(file, Bind(core::testing::NamespacedIdentity()));
  REQUIRE_FALSE(other);
  CHECK(
      other.error().starts_with("--peer-state: openbao.namespace is not the one that this state"));
  CHECK_FALSE(ReadPeerState(file.substr(1), Bind()));
}

}  // namespace baokms::app
