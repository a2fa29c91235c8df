// Starts that must fail: exit 5, and a last line that names the condition and never the value.
#include <doctest/doctest.h>

#include "tests/e2e/support/bench.h"
#include "tests/support/emulator/certificates.h"
#include "tests/support/harness/free_port.h"

namespace baokms::e2e {
namespace {

// One attempt, to its end; the line for the person.
std::string RefusedLine(Bench& bench, ProviderConfig& config) {
  config.tree["bootstrap"]["graceTimeout"] = "0s";
  config.Write();
  ProviderProcess provider(config);
  std::string line = CheckExits(provider, 5);
  const auto shutdown = provider.LogLines("serve.shutdown");
  REQUIRE(shutdown.size() == 1);
  // A collector of logs keeps the JSON line and drops the other.
  CHECK(shutdown[0].at("level") == "ERROR");
  CHECK(shutdown[0].at("advice") == line);
  CHECK(shutdown[0].at("error_class") != "unknown");
  const testing::SetupOptions& names = bench.setup.options();
  for (const std::string& value :
       {names.transit_mount, names.key_name, names.role, names.policy, config.directory().path()}) {
    CHECK_MESSAGE(line.find(value) == std::string::npos, value);
  }
  return line;
}

std::string RefusedLine(Bench& bench) {
  ProviderConfig config = bench.Config();
  return RefusedLine(bench, config);
}

TEST_CASE("Start refused: a mount that creates keys on encrypt") {
  Bench bench;
  bench.setup.SetDisableUpsert(false);
  ProviderConfig config = bench.Config();
  CHECK(Says(RefusedLine(bench, config), "set disable_upsert=true"));
  CHECK(ReadStateFiles(config) == StateFiles{});
}

TEST_CASE("Start refused: a key that may be deleted") {
  Bench bench;
  bench.setup.ConfigureKey({{"deletion_allowed", true}});
  CHECK(Says(RefusedLine(bench), "deletion_allowed"));
}

TEST_CASE("Start refused: a key that may be exported") {
  Bench bench;
  bench.setup.ConfigureKey({{"exportable", true}});
  CHECK(Says(RefusedLine(bench), "not exportable"));
}

TEST_CASE("Start refused: a key that may be backed up in plaintext") {
  Bench bench;
  bench.setup.ConfigureKey({{"allow_plaintext_backup", true}});
  CHECK(Says(RefusedLine(bench), "plaintext backup"));
}

TEST_CASE("Start refused: a key of another type") {
  Bench bench;
  bench.setup.CreateKey("other-type", {{"type", "chacha20-poly1305"}});
  bench.setup.SetPolicy(bench.setup.LeastPrivilegePolicy({"other-type"}));
  ProviderConfig config = bench.Config();
  config.tree["transit"]["keyName"] = "other-type";
  CHECK(Says(RefusedLine(bench, config), "aes256-gcm96"));
}

TEST_CASE("Start refused: a policy that denies reading the key") {
  Bench bench;
  bench.setup.SetPolicy("path \"sys/capabilities-self\" { capabilities = [\"update\"] }");
  ProviderConfig config = bench.Config();
  CHECK(Says(RefusedLine(bench, config), "policy lacks"));
  CHECK(ReadStateFiles(config) == StateFiles{});
}

TEST_CASE("Start refused: a policy that denies encrypting") {
  Bench bench;
  const testing::SetupOptions& names = bench.setup.options();
  bench.setup.SetPolicy("path \"" + names.transit_mount + "/keys/" + names.key_name +
                        "\" { capabilities = [\"read\"] }\npath \"" + names.transit_mount +
                        "/config/keys\" { capabilities = [\"read\"] }");
  CHECK(Says(RefusedLine(bench), "policy lacks"));
}

TEST_CASE("Start refused: the key is not there") {
  Bench bench;
  bench.setup.DeleteKey();
  CHECK(Says(RefusedLine(bench), "no such Transit mount or key"));
}

TEST_CASE("Start refused: the key is rotated and there is no state") {
  Bench bench;
  bench.setup.RotateKey();
  ProviderConfig config = bench.Config();
  const std::string line = RefusedLine(bench, config);
  CHECK(Says(line, "latest_version=2"));
  CHECK(Says(line, "copy the state file and its checkpoint"));
  CHECK(ReadStateFiles(config) == StateFiles{});
}

TEST_CASE("Start refused: a first node on a rotated key does not wait for the grace time") {
  Bench bench;
  bench.setup.RotateKey();
  ProviderConfig config = bench.Config();
  config.tree["bootstrap"] = {{"graceTimeout", "60s"}, {"retryInterval", "100ms"}};
  config.Write();
  const auto began = std::chrono::steady_clock::now();
  ProviderProcess provider(config);
  const std::string line = CheckExits(provider, 5);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));
  CHECK(provider.LogLines("status.probe").size() == 1);
  CHECK(Says(line, "there is no state at state.path"));
  for (const char* way : {"another node", "a backup of any node", "recover-state --adopt"}) {
    CHECK(Says(line, way));
  }
}

TEST_CASE("Start refused: the role does not exist") {
  Bench bench;
  bench.setup.DeleteRole();
  CHECK(Says(RefusedLine(bench), "auth.jwt.role"));
}

TEST_CASE("Start refused: the login method is not mounted") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["auth"]["jwt"]["mountPath"] = "auth/nowhere";
  CHECK(Says(RefusedLine(bench, config), "auth.jwt.mountPath"));
}

TEST_CASE("Start refused: OpenBao does not trust the JWT") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.WriteJwt(bench.setup.MintForeignJwt());
  CHECK(Says(RefusedLine(bench, config), "signed with a key that OpenBao does not trust"));
}

TEST_CASE("Start refused: the JWT has expired") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.WriteJwt(bench.setup.MintJwt(Json::object(), std::chrono::seconds(-60)));
  CHECK(Says(RefusedLine(bench, config), "the JWT has expired"));
}

TEST_CASE("Start refused: the JWT is of another issuer than expected") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["auth"]["jwt"]["expectedIssuer"] = "https://other.invalid";
  CHECK(Says(RefusedLine(bench, config), "auth.jwt.expectedIssuer"));
}

TEST_CASE("Start refused: another authority than the one that signed the server") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.WriteCa(emulator::CertificateAuthority("another authority").pem());
  CHECK(Says(RefusedLine(bench, config), "openbao.caCertFile"));
}

TEST_CASE("Start refused: another server name than the certificate has") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["openbao"]["tlsServerName"] = "wrong.invalid";
  CHECK(Says(RefusedLine(bench, config), "openbao.tlsServerName"));
}

TEST_CASE("Start refused: nobody listens at the address when the grace time is over") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["openbao"]["address"] = "https://127.0.0.1:" + std::to_string(testing::FreePort());
  config.tree["bootstrap"]["graceTimeout"] = "1s";
  config.Write();
  const auto began = std::chrono::steady_clock::now();
  ProviderProcess provider(config);
  const std::string line = CheckExits(provider, 5);
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(Says(line, "could not connect to openbao.address"));
  CHECK(took >= std::chrono::seconds(1));
  CHECK(took < std::chrono::seconds(6));
  CHECK_FALSE(provider.LogLines("auth.login").empty());
  const auto ends = provider.LogLines("serve.shutdown");
  REQUIRE(ends.size() == 1);
  CHECK(ends.front().at("error_class") == "openbao_connection_failed");
}

TEST_CASE("Start refused: OpenBao is sealed when the grace time is over") {
  Bench bench;
  ProviderConfig config = bench.Config();
  bench.openbao().Seal();
  const std::string line = RefusedLine(bench, config);
  bench.openbao().Unseal();
  CHECK(Says(line, "OpenBao is sealed: unseal it"));
}

}  // namespace
}  // namespace baokms::e2e
