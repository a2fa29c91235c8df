// `init` and openbao-setup.sh: from a values file to a node that serves, in an OpenBao that knew
// nothing of it (reports-and-labels.md, "init").
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/e2e/support/auth_server.h"
#include "tests/e2e/support/bundled_node.h"

namespace baokms::e2e {
namespace {

TEST_CASE("Init: from values to a node that serves and a second run changes nothing") {
  if (SkippedWithoutBao()) return;
  Bench bench;
  BundledNode bundled(bench);
  bundled.Init({"--new-key"});
  const std::string first = bundled.MustSetup(bundled.All());
  CHECK(Says(first, "transit: key created\n"));
  const Json role =
      bundled
          .Admin("GET",
                 "auth/" + bundled.values["auth"]["jwt"]["mountPath"].get<std::string>().substr(5) +
                     "/role/" + bundled.values["auth"]["jwt"]["role"].get<std::string>())
          .data();
  CHECK(role.at("role_type") == "jwt");
  CHECK(role.at("user_claim") == "sub");
  CHECK(role.at("token_ttl") == 1800);
  CHECK(role.at("token_max_ttl") == 3600);
  CHECK(role.at("token_no_default_policy") == true);
  CHECK(role.at("token_policies") ==
        Json{"openbao-kms-" +
             bundled.values["transit"]["keyIdScope"]["clusterId"].get<std::string>()});
  bundled.CheckServes();

  const std::string second = bundled.MustSetup(bundled.All());
  CHECK_FALSE(Says(second, "created\n"));
  CHECK_FALSE(Says(second, "set\n"));
  CHECK(bundled.Admin("GET", bundled.key()).data().at("latest_version") == 1);
  // The issuer's keys are known by now.
  bundled.MustSetup({"all"});
}

TEST_CASE("Init: in a namespace everything is made in it") {
  if (SkippedWithoutBao()) return;
  testing::SetupOptions names = FreshNames();
  names.name_space = "platform";
  Bench bench(names);
  BundledNode bundled(bench);
  bundled.Init({"--new-key"});
  bundled.MustSetup(bundled.All());
  CHECK(bundled.Admin("GET", bundled.key()).ok());
  CHECK_FALSE(bench.openbao().Admin("GET", bundled.key()).ok());
  bundled.CheckServes();
}

TEST_CASE("Init: an issuer that publishes its keys is trusted by its URL") {
  if (SkippedWithoutBao() || AuthServer::Skipped()) return;
  Bench bench;
  BundledNode bundled(bench);
  const AuthServer server("kms-node-1", "the secret");
  const testing::TempDirectory& directory = bundled.node.config.directory();
  const std::string ca = directory.Write("idp-ca.pem", server.ca_pem(), 0644);
  Json& jwt = bundled.values["auth"]["jwt"];
  jwt.erase("jwtFile");
  jwt["source"] = "oauth2";
  jwt["expectedIssuer"] = server.url();
  jwt["expectedAudience"] = {"openbao"};
  jwt["expectedSubject"] = "kms-node-1";
  jwt["oauth2"] = {{"tokenUrl", server.url() + "/oauth/token"},
                   {"clientId", "kms-node-1"},
                   {"clientSecretFile", directory.Write("secret", "the secret\n")},
                   {"scopes", {"kms"}},
                   {"audience", "openbao"},
                   {"caCertFile", ca}};
  bundled.Init({"--new-key"});
  // The emulator fetches no keys.
  const std::string key = directory.Write("idp-key.pem", server.public_key_pem());
  const auto trust = [&](const char* phase, const char* keys, const std::string& file) {
    return OnRealOpenBao() ? std::vector<std::string>{phase, "--jwks-url", server.url() + keys,
                                                      "--issuer-ca", ca}
                           : std::vector<std::string>{phase, "--jwt-public-key", file};
  };
  bundled.MustSetup(trust("all", "/keys", key));
  CHECK_FALSE(Says(bundled.MustSetup(trust("all", "/keys", key)), "created\n"));
  const ScriptResult other = bundled.Setup(
      trust("auth-config", "/others", directory.Write("other.pem", IssuerKey(bench))));
  CHECK(other.code == 1);
  CHECK(Says(other.said, OnRealOpenBao() ? "jwks_url is " : "jwt_validation_pubkeys is "));
  bundled.node.config.WriteText(testing::ReadWholeFile(bundled.File("config.yaml")));
  const Serving provider(bundled.node.config);
  provider.CheckRoundTrip();
}

TEST_CASE("Init: a static pod's configuration serves") {
  if (SkippedWithoutBao()) return;
  Bench bench;
  BundledNode bundled(bench);
  const std::string gid = std::to_string(geteuid() == 0 ? 65532 : getgid());
  bundled.Init({"--new-key", "--model", "static-pod", "--socket-gid", gid, "--image",
                "registry.example/kms@sha256:" + std::string(64, 'a')});
  CHECK(access(bundled.File("bao-kms-provider.yaml").c_str(), R_OK) == 0);
  bundled.MustSetup(bundled.All());
  bundled.CheckServes();
}

TEST_CASE("Init: the phases can be run one by one and say what is missing") {
  if (SkippedWithoutBao()) return;
  Bench bench;
  BundledNode bundled(bench);
  bundled.Init({"--new-key", "--policy-name", "Named_Policy.1"});
  // Nothing is changed before it is clear what to trust.
  CHECK(Says(bundled.Setup({"all"}).said, "give --jwt-public-key"));
  CHECK_FALSE(bundled.Admin("GET", bundled.key()).ok());
  for (const char* phase : {"transit", "policy", "auth-mount"}) bundled.MustSetup({phase});
  CHECK(Says(bundled.Setup({"auth-config"}).said, "give --jwt-public-key"));
  std::vector<std::string> trust = bundled.All();
  trust.front() = "auth-config";
  bundled.MustSetup(trust);
  bundled.MustSetup({"auth-role"});
  bundled.CheckServes();
}

TEST_CASE("Init: a key that is there is never taken for the new one") {
  if (SkippedWithoutBao()) return;
  Bench bench;
  BundledNode bundled(bench);
  bundled.Init({"--new-key"});
  REQUIRE(bundled.Admin("POST", "sys/mounts/" + bundled.mount(), {{"type", "transit"}}).ok());
  REQUIRE(bundled.Admin("POST", bundled.mount() + "/config/keys", {{"disable_upsert", true}}).ok());
  REQUIRE(bundled.Admin("POST", bundled.key(), Json::object()).ok());
  ScriptResult result = bundled.Setup(bundled.All());
  CHECK(result.code == 1);
  CHECK(Says(result.said, "created with --new-key, for a\nkey that does not"));
  // Nothing came after it.
  CHECK(bundled.Admin("GET", "sys/policies/acl/openbao-kms-cluster-" + bundled.key_name()).status ==
        404);
  // With its lineage the bundle is for that key.
  bundled.values["transit"]["keyIdScope"]["keyLineageId"] = "lineage";
  bundled.Init({});
  bundled.MustSetup(bundled.All());
  bundled.CheckServes();
}

TEST_CASE("Init: a second run after versions were retired leaves the key alone") {
  if (SkippedWithoutBao()) return;
  Bench bench;
  BundledNode bundled(bench);
  bundled.Init({"--new-key"});
  bundled.MustSetup(bundled.All());
  REQUIRE(bundled.Admin("POST", bundled.key() + "/rotate", Json::object()).ok());
  const auto hide_first = [&] {
    return bundled.Admin("POST", bundled.key() + "/config", {{"min_decryption_version", 2}}).ok();
  };
  REQUIRE(hide_first());
  const std::string second = bundled.MustSetup(bundled.All());
  CHECK(Says(second, "hidden by min_decryption_version"));
  CHECK_FALSE(Says(second, "created\n"));

  // Another bundle's key is not taken for its own because its first version is hidden.
  bundled.Init({"--new-key"});
  const ScriptResult other = bundled.Setup(bundled.All());
  CHECK(other.code == 1);
  CHECK(Says(other.said, "created with --new-key, for a\nkey that does not"));
}

TEST_CASE("Init: a key of a known lineage is never made anew") {
  if (SkippedWithoutBao()) return;
  Bench bench;
  BundledNode bundled(bench);
  bundled.values["transit"]["keyIdScope"]["keyLineageId"] = "lineage";
  bundled.Init({});
  const ScriptResult result = bundled.Setup(bundled.All());
  CHECK(result.code == 1);
  CHECK(Says(result.said, "the Transit key does not exist"));
  CHECK_FALSE(bundled.Admin("GET", bundled.key()).ok());
}

TEST_CASE("Init: what is there and differs is named and not changed") {
  if (SkippedWithoutBao()) return;
  Bench bench;
  BundledNode bundled(bench);
  bundled.Init({"--new-key"});
  bundled.MustSetup(bundled.All());
  const Json& jwt = bundled.values["auth"]["jwt"];
  const std::string auth = jwt["mountPath"];
  const std::string role = auth + "/role/" + jwt["role"].get<std::string>();
  const std::string policy = "sys/policies/acl/openbao-kms-cluster-" + bundled.key_name();
  const auto refused = [&](const char* phase, std::string_view words) {
    CAPTURE(phase);
    const ScriptResult result = bundled.Setup({phase});
    INFO(result.said);
    CHECK(result.code == 1);
    CHECK(Says(result.said, words));
    CHECK(Says(result.said, "nothing was changed"));
  };

  Json other = bundled.Admin("GET", role).data();
  other["bound_audiences"] = {"openbao", "everybody"};
  REQUIRE(bundled.Admin("POST", role, other).ok());
  refused("auth-role", "bound_audiences is [\n  \"openbao\",\n  \"everybody\"\n]");
  CHECK(bundled.Admin("GET", role).data().at("bound_audiences").size() == 2);

  REQUIRE(
      bundled.Admin("POST", policy, {{"policy", "path \"*\" { capabilities = [\"read\"] }"}}).ok());
  refused("policy", "differs from openbao-policy.hcl");

  Json config = {{"bound_issuer", "https://other.example"},
                 {"jwt_validation_pubkeys",
                  bundled.Admin("GET", auth + "/config").data().at("jwt_validation_pubkeys")}};
  REQUIRE(bundled.Admin("POST", auth + "/config", config).ok());
  refused("auth-config", "bound_issuer is \"https://other.example\"");

  REQUIRE(bundled.Admin("POST", bundled.key() + "/config", {{"deletion_allowed", true}}).ok());
  refused("transit", "deletion_allowed is true; this bundle has false");

  REQUIRE(
      bundled.Admin("POST", bundled.mount() + "/config/keys", {{"disable_upsert", false}}).ok());
  refused("transit", "disable_upsert=false");
  CHECK(bundled.Admin("GET", bundled.mount() + "/config/keys").data().at("disable_upsert") ==
        false);
}

TEST_CASE("Init: mounts of another type are named") {
  if (SkippedWithoutBao()) return;
  Bench bench;
  BundledNode bundled(bench);
  bundled.Init({"--new-key"});
  const std::string auth = bundled.values["auth"]["jwt"]["mountPath"];
  REQUIRE(bundled.Admin("POST", "sys/" + auth, {{"type", "cert"}}).ok());
  CHECK(Says(bundled.Setup({"auth-mount"}).said, "of type \"cert\", not jwt"));
}

TEST_CASE("Init: without rights or without OpenBao the script says so and stops") {
  if (SkippedWithoutBao()) return;
  Bench bench;
  BundledNode bundled(bench);
  bundled.values["openbao"]["address"] = "https://127.0.0.1:1";
  bundled.Init({"--new-key"});
  const ScriptResult away = bundled.Setup({"transit"});
  CHECK(away.code == 1);
  CHECK(Says(away.said, "OpenBao could not be read"));
}

TEST_CASE("Init: what is wrong with the command line exits 2") {
  const testing::TempDirectory directory;
  const std::string values = directory.Write("values.yaml", "configVersion: v1alpha1\n");
  const std::string out = directory.File("out");
  const std::string image = "kms@sha256:" + std::string(64, 'a');
  for (const Names& flags : std::vector<Names>{
           {"--values", values},
           {"--out", out},
           {"--values", values, "--out", out, "--model", "daemonset"},
           {"--values", values, "--out", out, "--image", image},
           {"--values", values, "--out", out, "--socket-gid", "5"},
           {"--values", values, "--out", out, "--model", "static-pod", "--image", image},
           {"--values", values, "--out", out, "--model", "static-pod", "--socket-gid", "5"},
           {"--values", values, "--out", out, "--model", "static-pod", "--socket-gid", "0",
            "--image", image},
           {"--values", values, "--out", out, "--model", "static-pod", "--socket-gid", "5",
            "--image", "kms:1"},
           {"--values", values, "--out", out, "--policy-name", "root"},
           {"--values", values, "--out", out, "--config", values},
           {"--values", values, "--out", out, "--log-level", "info"},
           {"--values", values, "--out", out, "--metrics-address", ""},
           {"--values", values, "--out", out, "--health-address", ""},
           {"--values", values, "--out", out, "stray"}}) {
    Names arguments{"init"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    CAPTURE(flags.back());
    const CommandResult result = RunCommand(arguments);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK(result.err.starts_with("usage: "));
  }
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("Init: what is wrong with the values exits 3 and with the directory 1") {
  Bench bench;
  BundledNode bundled(bench);
  const testing::TempDirectory& directory = bundled.node.config.directory();
  bundled.Init({}, 3);  // no lineage
  CHECK_FALSE(std::filesystem::exists(bundled.File("")));
  CHECK(RunCommand({"init", "--values", directory.File("none.yaml"), "--out", "x"}).code == 3);
  chmod(directory.File("values.yaml").c_str(), 0666);
  const CommandResult writable =
      RunCommand({"init", "--values", directory.File("values.yaml"), "--out", directory.File("o")});
  CHECK(writable.code == 3);
  CHECK(Says(writable.err, "--values: cannot be read: unsafe_permissions"));
  bundled.Init({"--new-key"});
  const CommandResult again = RunCommand(
      {"init", "--values", directory.File("values.yaml"), "--new-key", "--out", bundled.File(""),
       "--allow-socket-parent", bundled.node.config.socket_directory()});
  CHECK(again.code == 1);
  CHECK(Says(again.err, "not empty"));
}

TEST_CASE("Init: the environment changes nothing and OpenBao is not asked") {
  Bench bench;
  BundledNode bundled(bench);
  bundled.values["openbao"]["address"] = "https://127.0.0.1:1";
  bundled.Init({"--new-key"});
  const std::string config = testing::ReadWholeFile(bundled.File("config.yaml"));
  const testing::TempDirectory& directory = bundled.node.config.directory();
  bundled.values["transit"]["keyIdScope"]["keyLineageId"] = "lineage";
  bundled.Init({});
  const std::string plain = testing::ReadWholeFile(bundled.File("config.yaml"));
  const CommandResult result = RunCommand(
      {"init", "--values", directory.File("values.yaml"), "--out", directory.File("other"),
       "--allow-socket-parent", bundled.node.config.socket_directory()},
      {{"BAO_KMS_PROVIDER_LOG_LEVEL", "error"},
       {"BAO_KMS_PROVIDER_CONFIG", "/nowhere"},
       {"BAO_KMS_PROVIDER_SERVER_METRICS_ADDRESS", "127.0.0.1:9"}});
  CHECK(result.code == 0);
  CHECK(testing::ReadWholeFile(directory.File("other") + "/config.yaml") == plain);
  CHECK(config != plain);
}

TEST_CASE("Init: a symlink in the place of the values is refused where others could have made it") {
  Bench bench;
  BundledNode bundled(bench);
  bundled.Init({"--new-key"});
  const testing::TempDirectory& directory = bundled.node.config.directory();
  std::filesystem::create_symlink(directory.File("values.yaml"), directory.File("link.yaml"));
  std::filesystem::permissions(directory.path(), std::filesystem::perms::all);
  const CommandResult result =
      RunCommand({"init", "--values", directory.File("link.yaml"), "--out", directory.File("o")});
  CHECK(result.code == 3);
  CHECK(Says(result.err, "symlink_unsupported"));
}

}  // namespace
}  // namespace baokms::e2e
