// `check-expiration` on a node (reports-and-labels.md, "check-expiration").
#include <doctest/doctest.h>

#include <map>

#include "tests/adapters/transit_http/scripted_tls_server.h"
#include "tests/e2e/support/operator_node.h"

namespace baokms::e2e {
namespace {

std::map<std::string, Json> ById(const CommandResult& result) {
  const Json report = Json::parse(result.out, nullptr, false);
  REQUIRE(report.is_object());
  std::map<std::string, Json> entries;
  for (const Json& entry : report.at("expirations")) {
    entries[entry.at("id").get<std::string>()] = entry;
  }
  return entries;
}

const Names kCheck{"check-expiration", "--within", "1h", "--output", "json"};

TEST_CASE("Expiration: everything that expires is in one table beside a running provider") {
  Bench bench;
  const OperatorNode node(bench);
  const Serving provider(node.config);
  const CommandResult result = node.Run(kCheck);
  INFO(result.out);
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  auto entries = ById(result);
  CHECK(entries.size() == 4);
  for (const auto& [id, entry] : entries) {
    CAPTURE(id);
    CHECK(entry.at("status") == "pass");
    CHECK(entry.at("secondsLeft") > 0);
    CHECK_FALSE(entry.contains("message"));
  }
  CHECK(entries.at("openbao.certificate").at("field") == "openbao.address");
  CHECK(entries.at("openbao.ca").at("secondsLeft") > 3600);
  CHECK(entries.at("openbao.ca").at("thresholdSeconds") == 3600);
  CHECK(entries.at("jwt").at("secondsLeft") > 3000);
  CHECK(entries.at("jwt").at("secondsLeft") <= 3600);
  CHECK(entries.at("jwt").at("thresholdSeconds") == 5);
  CHECK(entries.at("token").at("thresholdSeconds") == 15);
  const CommandResult text = node.Run({"check-expiration", "--within", "1h"});
  CHECK(text.out.starts_with("status  what "));
  CHECK(Says(text.out, "\npass    JWT (auth.jwt.jwtFile) "));
}

TEST_CASE("Expiration: under the threshold it fails with the soonest in its last line") {
  Bench bench;
  const OperatorNode node(bench);
  const CommandResult result =
      node.Run({"check-expiration", "--within", "87600h", "--output", "json"});
  CHECK(result.code == 4);
  auto entries = ById(result);
  CHECK(entries.at("openbao.certificate").at("status") == "fail");
  CHECK(entries.at("jwt").at("status") == "pass");
  CHECK(Says(result.err, "check-expiration: OpenBao's certificate (openbao.address): "));
  CHECK(Says(result.err, " left, the threshold is 3650 d\n"));
}

TEST_CASE("Expiration: without a provider the token is not known and that is no failure") {
  Bench bench;
  const OperatorNode node(bench);
  const CommandResult result = node.Run(kCheck);
  CHECK(result.code == 0);
  CHECK(ById(result).at("token").at("status") == "skip");
}

TEST_CASE("Expiration: a JWT that has expired or is none fails and says which") {
  Bench bench;
  const OperatorNode node(bench);
  node.config.WriteJwt(bench.setup.MintJwt(Json::object(), std::chrono::seconds(-90)));
  CommandResult result = node.Run(kCheck);
  CHECK(result.code == 4);
  Json jwt = ById(result).at("jwt");
  CHECK(jwt.at("status") == "fail");
  CHECK(jwt.at("secondsLeft") == 0);
  CHECK(Says(result.err, "JWT (auth.jwt.jwtFile): expired "));
  node.config.WriteJwt("no JWT at all");
  result = node.Run(kCheck);
  CHECK(result.code == 4);
  jwt = ById(result).at("jwt");
  CHECK_FALSE(jwt.contains("expiresAt"));
  CHECK_FALSE(jwt.at("message").get<std::string>().empty());
}

TEST_CASE("Expiration: OpenBao away and one of another authority are told apart") {
  Bench bench;
  OperatorNode node(bench);
  node.config.tree["openbao"]["address"] = "https://127.0.0.1:1";
  node.config.tree["openbao"]["failoverAddresses"] = {bench.openbao().address()};
  node.config.Write();
  CommandResult result = node.Run(kCheck);
  CHECK(result.code == 4);
  const Json report = Json::parse(result.out, nullptr, false);
  const Json& servers = report.at("expirations");
  CHECK(servers.at(0).at("message") == "could not connect");
  CHECK(servers.at(1).at("field") == "openbao.failoverAddresses[0]");
  CHECK(servers.at(1).at("status") == "pass");
  CHECK(servers.at(2).at("id") == "openbao.ca");
  CHECK(servers.at(2).at("status") == "pass");

  node.config.tree["openbao"]["address"] = bench.openbao().address();
  node.config.tree["openbao"].erase("failoverAddresses");
  node.config.Write();
  node.config.WriteCa(tests::MakeAuthority("another authority").certificate_pem);
  result = node.Run(kCheck);
  CHECK(result.code == 4);
  auto entries = ById(result);
  CHECK(entries.at("openbao.certificate").at("status") == "pass");
  CHECK(Says(entries.at("openbao.certificate").at("message").get<std::string>(),
             "does not vouch for it"));
  CHECK(entries.at("openbao.ca").at("status") == "fail");
}

}  // namespace
}  // namespace baokms::e2e
