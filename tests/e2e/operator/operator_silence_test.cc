// Whatever an operator's command prints, in success and in failure, names no secret, path, key or
// raw key_id (observability.md, "Logs").
#include <doctest/doctest.h>

#include "tests/e2e/support/leak_search.h"
#include "tests/e2e/support/operator_node.h"

namespace baokms::e2e {
namespace {

testing::SetupOptions OperatorCanaries() {
  testing::SetupOptions names;
  names.transit_mount = "canary-mount-c41e";
  names.key_name = "canary-key-90d2";
  names.auth_mount = "auth/canary-login-6b7f";
  names.role = "canary-role-e815";
  names.policy = "canary-policy-3f0a";
  names.issuer = "https://canary-issuer-77c1.invalid";
  names.audience = "canary-audience-d94b";
  names.subject = "canary-subject-2e6d";
  return names;
}

// Every command, in text and in JSON; applies what it can.
void RunAll(const OperatorNode& node) {
  const std::string hash = node.StateHash();
  const std::vector<std::vector<std::string>> commands = {
      {"rotation-plan"},
      {"verify-rotation"},
      {"status"},
      {"check-expiration"},
      {"benchmark"},
      {"retire-versions", "--before-version", "3"},
      {"retire-versions", "--before-version", "9"},
      {"retire-versions", "--before-version", "3", "--without-evidence", "--apply",
       "--expected-state-hash", hash},
      {"restore-versions", "--versions", "1,2"},
      {"restore-versions", "--versions", "7"},
      {"recover-state"},
      {"recover-state", "--evidence", "/dev/null"},
      {"migrate-state"},
      {"migrate-state", "--apply", "--expected-state-hash", "krs1." + std::string(43, 'A')}};
  for (const auto& command : commands) {
    node.Run(command);
    std::vector<std::string> json = command;
    json.insert(json.end(), {"--output", "json"});
    node.Run(json);
  }
}

TEST_CASE("Rotation plan: no command of an operator prints a secret or a path or a name") {
  Bench bench(OperatorCanaries());
  const OperatorNode node(bench);
  LeakSearch leaks;
  leaks.PlantTokenShape();
  const testing::SetupOptions& names = bench.setup.options();
  leaks.Plant("mount", names.transit_mount);
  leaks.Plant("key name", names.key_name);
  leaks.Plant("login mount", names.auth_mount.substr(5));
  leaks.Plant("role", names.role);
  leaks.Plant("policy", names.policy);
  leaks.Plant("issuer", "canary-issuer-77c1");
  leaks.Plant("audience", names.audience);
  leaks.Plant("subject", names.subject);
  leaks.Plant("directory", node.config.directory().path());
  leaks.Plant("address", node.config.tree.at("openbao").at("address").get<std::string>());
  const std::string good_jwt = testing::ReadWholeFile(node.config.jwt_file());
  const std::string foreign_jwt = bench.setup.MintForeignJwt();
  leaks.PlantJwt(good_jwt);
  leaks.PlantJwt(foreign_jwt);
  {
    const Serving provider(node.config);
    leaks.Plant("raw key_id", provider.KeyId());
    leaks.Plant("raw key_id", RotateAndPromote(bench, provider));
    leaks.Plant("raw key_id", RotateAndPromote(bench, provider));
    RunAll(node);
  }
  RunAll(node);
  const StateFiles files = ReadStateFiles(node.config);

  node.config.WriteJwt(foreign_jwt);
  RunAll(node);
  node.config.WriteJwt(good_jwt);
  bench.setup.SetPolicy("path \"sys/none\" { capabilities = [\"read\"] }\n");
  RunAll(node);
  bench.setup.SetPolicy();
  bench.setup.SetMinDecryptionVersion(2);
  RunAll(node);
  bench.setup.DeleteKey();
  RunAll(node);
  if (!OnRealOpenBao()) {
    for (const char* operation : {"jwt_login", "transit_metadata_read"}) {
      SharedEmulator().QueueFault({{"operation", operation},
                                   {"status", 400},
                                   {"body", {{"errors", {"canary-key-90d2 canary-mount-c41e"}}}}});
    }
    RunAll(node);
    SharedEmulator().emulator().ClearFaults();
  }
  WriteStateFiles(node.config, {files.state, ""});
  RunAll(node);
  testing::WriteWholeFile(node.config.state_file(), files.state, 0666);
  RunAll(node);
  node.config.WriteCa("canary-key-90d2");
  RunAll(node);

  for (const std::string& leak : leaks.In("output", node.heard())) FAIL_CHECK(leak);
  // It ran through success and refusal, and the search would find what is there.
  for (const std::string word : {"transitMetadataStatus: pass", "applied: true", "auth_failed",
                                 "transit_policy_denied", "transit_key_missing", "(process "}) {
    CHECK_MESSAGE(node.heard().find(word) != std::string::npos, word);
  }
  CHECK_FALSE(leaks.In("planted", node.heard() + names.key_name).empty());
}

}  // namespace
}  // namespace baokms::e2e
