// `doctor`: the configuration, the credential, TLS and the login, each at its cause and with what
// to do (reports-and-labels.md). Nothing is changed and nothing secret is said.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/operator_node.h"
#include "tests/support/emulator/certificates.h"

namespace baokms::e2e {
namespace {

using Names = std::vector<std::string>;

const Names kIds = {"config.load",
                    "config.validate",
                    "socket.group",
                    "jwt.local",
                    "kubernetes.encryption_config",
                    "openbao.tls",
                    "openbao.auth",
                    "transit.capabilities",
                    "transit.metadata",
                    "transit.profile",
                    "transit.disable_upsert",
                    "transit.probe",
                    "key_id.deterministic",
                    "registry.state",
                    "transit.version_restrictions",
                    "kms.status_encrypt",
                    "process.hardening"};
const Names kKeyIds = {"config.load",
                       "config.validate",
                       "openbao.tls",
                       "openbao.auth",
                       "transit.capabilities",
                       "transit.metadata",
                       "transit.profile",
                       "transit.disable_upsert",
                       "key_id.deterministic",
                       "registry.state",
                       "transit.version_restrictions"};

struct Told {
  std::string status;
  std::string message;
  std::string advice;
};

bool Says(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

class Doctored {
 public:
  Doctored() : node(bench) {}

  // Runs it and CHECKs everything that holds of every report.
  std::map<std::string, Told> Run(int code) {
    node.config.Write();
    return Look(code);
  }
  std::map<std::string, Told> Look(int code, const std::string& command = "doctor") {
    const DirectoryPicture before = node.Picture();
    Names arguments{command, "--output", "json"};
    if (command == "doctor" && !encryption_config.empty()) {
      arguments.insert(arguments.end(), {"--encryption-config", encryption_config});
    }
    const CommandResult result = node.Run(arguments);
    INFO(result.out);
    INFO(result.err);
    CHECK(result.code == code);
    CHECK(node.Picture() == before);
    const Json report = Json::parse(result.out, nullptr, false);
    REQUIRE(report.is_object());
    CHECK(report.at("name") == command);
    std::map<std::string, Told> told;
    Names ids;
    for (const Json& check : report.at("checks")) {
      ids.push_back(check.at("id"));
      const Told one{check.at("status"), check.value("message", ""), check.value("advice", "")};
      CHECK_FALSE(check.at("title").get<std::string>().empty());
      const bool needs_advice = one.status == "warn" || one.status == "fail";
      CHECK(one.advice.empty() == !needs_advice);
      told[ids.back()] = one;
    }
    if (told["registry.state"].advice.find("state.path: ") == std::string::npos) {
      CHECK(ids == (command == "doctor" ? kIds : kKeyIds));
    }
    CHECK(result.err.empty() == (code == 0));
    CheckSaysNoSecret(result.out + result.err);
    return told;
  }

  // A state of the node's own, as its provider makes it.
  void ServeOnce() const {
    node.config.Write();
    const Serving provider(node.config);
    provider.CheckRoundTrip();
  }

  // Only these fail, and everything is checked; `verify-key` says the same of what it checks.
  std::map<std::string, Told> FailsOnly(const Names& failing) {
    std::map<std::string, Told> told = Run(failing.empty() ? 0 : 4);
    for (const std::string& each : kIds) {
      CAPTURE(each);
      const bool fails = std::ranges::find(failing, each) != failing.end();
      CHECK(told[each].status == (fails ? "fail" : Good(each)));
    }
    const bool key_fails = std::ranges::any_of(failing, [](const std::string& id) {
      return std::ranges::find(kKeyIds, id) != kKeyIds.end();
    });
    for (const auto& [id, of_key] : Look(key_fails ? 4 : 0, "verify-key")) {
      CAPTURE(id);
      CHECK(of_key.status == told[id].status);
      CHECK(of_key.advice == told[id].advice);
    }
    return told;
  }

  // The one that fails is `id`, those before it pass, those after it wait for it.
  Told FailsAt(const std::string& id, int code = 4) {
    std::map<std::string, Told> told = Run(code);
    bool after = false;
    for (const std::string& each : kIds) {
      CAPTURE(each);
      if (each == id) {
        CHECK(told[each].status == "fail");
        after = true;
      } else {
        CHECK(told[each].status == (after ? "skip" : Good(each)));
        CHECK(told[each].message == (after ? "needs " + id : told[each].message));
      }
    }
    return told[id];
  }

  void CheckSaysNoSecret(const std::string& text) const {
    const testing::SetupOptions& names = bench.setup.options();
    for (const std::string& value :
         {names.transit_mount, names.key_name, names.role, names.policy, names.issuer,
          node.config.directory().path(), std::string("eyJ")}) {
      CHECK_MESSAGE(!Says(text, value), value);
    }
  }

  Json& jwt() { return node.config.tree["auth"]["jwt"]; }
  Json& openbao() { return node.config.tree["openbao"]; }

  // What a check that is reached and finds nothing is.
  std::string Good(const std::string& id) const {
    return id == "kubernetes.encryption_config" && encryption_config.empty() ? "skip" : "pass";
  }

  Bench bench;
  OperatorNode node;
  std::string encryption_config;  // a path; empty: the flag is not given
};

TEST_CASE("Doctor: on a good node every check passes") {
  Doctored d;
  d.ServeOnce();
  const auto told = d.FailsOnly({});
  CHECK(Says(told.at("jwt.local").message, "valid for "));
  CHECK(told.at("openbao.auth").message == "a token with a lease of 1800 s");
  CHECK(told.at("transit.metadata").message == "latest version 1");
  const std::string hash = d.node.Plan({"rotation-plan"}).at("activeKeyIdHash");
  CHECK(told.at("key_id.deterministic").message == "key_id_hash " + hash);
  CHECK(told.at("registry.state").message == "generation 1");
}

TEST_CASE("Doctor: before the first start there is no state and that is a warning") {
  Doctored d;
  const auto told = d.Run(0);
  for (const std::string& id : kIds) {
    CHECK(told.at(id).status == (id == "registry.state" ? "warn" : d.Good(id)));
  }
  CHECK(told.at("registry.state").message == "there is no state");
}

TEST_CASE("Doctor: text says the same in lines") {
  Doctored d;
  d.node.config.WriteJwt(d.bench.setup.MintJwt({}, std::chrono::seconds(-60)));
  const CommandResult result = d.node.Run({"doctor"});
  CHECK(result.code == 4);
  CHECK(result.out ==
        "doctor\n"
        "[pass] config.load: Config load\n"
        "[pass] config.validate: Config validation\n"
        "[pass] socket.group: Socket group\n"
        "[fail] jwt.local: JWT file - jwt_expired: the local login credential is unusable\n"
        "    auth.jwt.jwtFile: the JWT has expired; check what renews the file, and this node's "
        "clock\n"
        "[skip] kubernetes.encryption_config: EncryptionConfiguration - needs jwt.local\n"
        "[skip] openbao.tls: OpenBao TLS config - needs jwt.local\n"
        "[skip] openbao.auth: OpenBao JWT login - needs jwt.local\n"
        "[skip] transit.capabilities: Transit policy capabilities - needs jwt.local\n"
        "[skip] transit.metadata: Transit metadata - needs jwt.local\n"
        "[skip] transit.profile: Transit key profile - needs jwt.local\n"
        "[skip] transit.disable_upsert: Transit disable_upsert - needs jwt.local\n"
        "[skip] transit.probe: Transit probe - needs jwt.local\n"
        "[skip] key_id.deterministic: Key ID determinism - needs jwt.local\n"
        "[skip] registry.state: Registry state - needs jwt.local\n"
        "[skip] transit.version_restrictions: Transit version restrictions - needs jwt.local\n"
        "[skip] kms.status_encrypt: Status/encrypt consistency - needs jwt.local\n"
        "[skip] process.hardening: Process hardening - needs jwt.local\n");
  CHECK(result.err == "doctor: jwt.local: jwt_expired: the local login credential is unusable\n");
}

TEST_CASE("Doctor: without a configuration it says how to name one") {
  const CommandResult result = RunCommand(
      {"doctor"},
      {{"BAO_KMS_PROVIDER_CONFIG", std::nullopt}, {"BAO_KMS_PROVIDER_CONFIG_PATH", std::nullopt}});
  CHECK(result.code == 3);
  CHECK(Says(result.out, "[warn] config.load"));
  CHECK(Says(result.out, "give --config PATH"));
  CHECK(Says(result.out, "[fail] config.validate"));
  CHECK(Says(result.out, "openbao.address: "));
}

TEST_CASE("Doctor: a file that cannot be read or parsed fails at the load with exit 3") {
  Doctored d;
  SUBCASE("missing") { REQUIRE(unlink(d.node.config.config_file().c_str()) == 0); }
  SUBCASE("open to others") { REQUIRE(chmod(d.node.config.config_file().c_str(), 0644) == 0); }
  SUBCASE("no YAML") { d.node.config.WriteText("{"); }
  SUBCASE("an unknown field") { d.node.config.WriteText("configVersion: v1alpha1\nserve: 1\n"); }
  const auto told = d.Look(3);
  CHECK(told.at("config.load").status == "fail");
  for (std::size_t i = 1; i < kIds.size(); ++i) {
    CHECK(told.at(kIds[i]).status == "skip");
    CHECK(told.at(kIds[i]).message == "needs config.load");
  }
}

TEST_CASE("Doctor: every bad value is named at once with exit 3") {
  Doctored d;
  d.openbao()["address"] = "http://127.0.0.1:8200";
  d.node.config.tree["status"]["probeInterval"] = "10m";
  const Told told = d.FailsAt("config.validate", 3);
  CHECK(Says(told.message, "openbao.address: "));
  CHECK(Says(told.message, "status.probeInterval: "));
}

TEST_CASE("Doctor: an unsafe file is named with exit 3") {
  Doctored d;
  REQUIRE(chmod(d.node.config.jwt_file().c_str(), 0644) == 0);
  const Told told = d.FailsAt("config.validate", 3);
  CHECK(Says(told.message, "auth.jwt.jwtFile: "));
  CHECK(Says(told.message, "unsafe_permissions"));
}

TEST_CASE("Doctor: a socket group that is not there keeps nothing else from being checked") {
  Doctored d;
  d.ServeOnce();
  d.node.config.tree["server"]["socketGroup"] = "no-such-group-here";
  d.FailsOnly({"socket.group"});
}

TEST_CASE("Doctor: a JWT that cannot be used is named before any login") {
  Doctored d;
  const auto logins = [&d](const Told& told, std::string_view status, std::string_view advice) {
    CHECK(told.message.starts_with(status));
    CHECK(Says(told.advice, advice));
  };
  const testing::OpenBaoSetup& setup = d.bench.setup;
  SUBCASE("near its expiry") {
    d.node.config.WriteJwt(setup.MintJwt({}, std::chrono::seconds(30)));
    d.jwt()["minRemainingTtl"] = "1m";
    logins(d.FailsAt("jwt.local"), "jwt_near_expiry", "auth.jwt.minRemainingTtl");
  }
  SUBCASE("of another audience") {
    d.jwt()["expectedAudience"] = {"another"};
    logins(d.FailsAt("jwt.local"), "jwt_invalid", "auth.jwt.expectedAudience");
  }
  SUBCASE("of another issuer") {
    d.jwt()["expectedIssuer"] = "https://another.invalid";
    logins(d.FailsAt("jwt.local"), "jwt_invalid", "auth.jwt.expectedIssuer");
  }
  SUBCASE("of another subject") {
    d.jwt()["expectedSubject"] = "another";
    logins(d.FailsAt("jwt.local"), "jwt_invalid", "auth.jwt.expectedSubject");
  }
  SUBCASE("no JWT at all") {
    d.node.config.WriteJwt("nothing");
    logins(d.FailsAt("jwt.local"), "jwt_invalid", "exactly one JWT");
  }
  SUBCASE("without expiry") {
    d.node.config.WriteJwt(setup.MintJwt({{"exp", nullptr}}));
    logins(d.FailsAt("jwt.local"), "jwt_invalid", "no exp claim");
  }
}

TEST_CASE("Doctor: a JWT without iat and nbf is a warning that the refused login explains") {
  Doctored d;
  d.node.config.WriteJwt(d.bench.setup.MintJwt({{"iat", nullptr}, {"nbf", nullptr}}));
  const auto told = d.Run(4);
  CHECK(told.at("jwt.local").status == "warn");
  CHECK(Says(told.at("jwt.local").advice, "iat or nbf"));
  CHECK(told.at("openbao.auth").status == "fail");
}

TEST_CASE("Doctor: TLS that cannot work is named with the setting to mend") {
  Doctored d;
  SUBCASE("another authority") {
    d.node.config.WriteCa(emulator::CertificateAuthority("another").pem());
    CHECK(Says(d.FailsAt("openbao.tls").advice, "openbao.caCertFile"));
  }
  SUBCASE("no certificate in the CA file") {
    d.node.config.WriteCa("nothing");
    CHECK(Says(d.FailsAt("openbao.tls").advice, "openbao.caCertFile"));
  }
  SUBCASE("another name") {
    d.openbao()["tlsServerName"] = "another.invalid";
    CHECK(Says(d.FailsAt("openbao.tls").advice, "openbao.tlsServerName"));
  }
  SUBCASE("nobody listens") {
    d.openbao()["address"] = "https://127.0.0.1:1";
    CHECK(d.FailsAt("openbao.tls").message == "no connection");
  }
  SUBCASE("no such host") {
    d.openbao()["address"] = "https://no-such-host.invalid:8200";
    CHECK(Says(d.FailsAt("openbao.tls").message, "could not be resolved"));
  }
}

TEST_CASE("Doctor: a failover address that will not help is a warning") {
  Doctored d;
  d.openbao()["failoverAddresses"] = {"https://127.0.0.1:1"};
  const auto told = d.Run(0);
  CHECK(told.at("openbao.tls").status == "warn");
  CHECK(told.at("openbao.tls").message == "openbao.failoverAddresses[0]: no connection");
  CHECK(told.at("openbao.auth").status == "pass");
}

TEST_CASE("Doctor: a login that OpenBao refuses says where to look") {
  Doctored d;
  SUBCASE("a JWT that it does not trust") {
    d.node.config.WriteJwt(d.bench.setup.MintForeignJwt());
    const Told told = d.FailsAt("openbao.auth");
    CHECK(told.message.starts_with("auth_failed"));
    CHECK(Says(told.advice, "OpenBao refused the JWT login"));
  }
  SUBCASE("no such role") {
    d.bench.setup.DeleteRole();
    CHECK(Says(d.FailsAt("openbao.auth").advice, "auth.jwt.role"));
  }
  SUBCASE("no such mount") {
    d.jwt()["mountPath"] = "auth/nowhere";
    CHECK(Says(d.FailsAt("openbao.auth").advice, "auth.jwt.mountPath"));
  }
  SUBCASE("no such namespace") {
    d.openbao()["namespace"] = "nowhere";
    CHECK(Says(d.FailsAt("openbao.auth").advice, "openbao.namespace"));
  }
  SUBCASE("a lease that is too short") {
    d.node.config.tree["auth"]["loginBeforeTokenExpiry"] = "30m";
    d.node.config.tree["auth"]["tokenRenewalIncrement"] = "1h";
    CHECK(Says(d.FailsAt("openbao.auth").advice, "auth.loginBeforeTokenExpiry"));
  }
}

TEST_CASE("Doctor: a sealed OpenBao is the login's matter and not TLS's") {
  Doctored d;
  d.bench.openbao().Seal();
  const Told told = d.FailsAt("openbao.auth");
  d.bench.openbao().Unseal();
  CHECK(Says(told.advice, "unseal it"));
}

// Every setting that makes the key unfit, and the code it is named by.
TEST_CASE("Doctor: each dangerous setting of the key is named by itself") {
  Doctored d;
  SUBCASE("deletion allowed") {
    d.bench.setup.ConfigureKey({{"deletion_allowed", true}});
    CHECK(d.FailsAt("transit.profile").message == "deletion_allowed");
  }
  SUBCASE("exportable") {
    d.bench.setup.ConfigureKey({{"exportable", true}});
    CHECK(d.FailsAt("transit.profile").message == "exportable");
  }
  SUBCASE("plaintext backup") {
    d.bench.setup.ConfigureKey({{"allow_plaintext_backup", true}});
    CHECK(d.FailsAt("transit.profile").message == "plaintext_backup");
  }
  SUBCASE("another type") {
    d.bench.setup.CreateKey("other-type", {{"type", "chacha20-poly1305"}});
    d.bench.setup.SetPolicy(d.bench.setup.LeastPrivilegePolicy({"other-type"}));
    d.node.config.tree["transit"]["keyName"] = "other-type";
    CHECK(Says(d.FailsAt("transit.profile").advice, "aes256-gcm96"));
  }
  SUBCASE("derived") {
    d.bench.setup.CreateKey("derived", {{"derived", true}});
    d.bench.setup.SetPolicy(d.bench.setup.LeastPrivilegePolicy({"derived"}));
    d.node.config.tree["transit"]["keyName"] = "derived";
    CHECK(Says(d.FailsAt("transit.profile").message, "derived"));
  }
  SUBCASE("convergent") {
    d.bench.setup.CreateKey("convergent", {{"derived", true}, {"convergent_encryption", true}});
    d.bench.setup.SetPolicy(d.bench.setup.LeastPrivilegePolicy({"convergent"}));
    d.node.config.tree["transit"]["keyName"] = "convergent";
    CHECK(Says(d.FailsAt("transit.profile").message, "convergent"));
  }
}

TEST_CASE("Doctor: a mount that creates keys on encrypt is named and the rest is checked") {
  Doctored d;
  d.ServeOnce();
  d.bench.setup.SetDisableUpsert(false);
  const auto told = d.FailsOnly({"transit.disable_upsert"});
  CHECK(Says(told.at("transit.disable_upsert").advice, "disable_upsert=true"));
}

TEST_CASE("Doctor: a key that is not there fails at the metadata") {
  Doctored d;
  d.bench.setup.DeleteKey();
  auto told = d.Run(4);
  CHECK(told["transit.capabilities"].status == "pass");
  CHECK(told["transit.metadata"].status == "fail");
  CHECK(Says(told["transit.metadata"].advice, "transit.keyName"));
  CHECK(told["transit.profile"].message == "needs transit.metadata");
}

// The standard policy with one path changed; an empty capability leaves it out.
std::string Policy(const Bench& bench, const std::string& path, const std::string& capability) {
  const testing::SetupOptions& names = bench.setup.options();
  std::string hcl;
  const auto add = [&hcl](const std::string& where, const std::string& what) {
    hcl += "path \"" + where + "\" { capabilities = [" + what + "] }\n";
  };
  std::map<std::string, std::string> rules{{"keys/" + names.key_name, "\"read\""},
                                           {"encrypt/" + names.key_name, "\"update\""},
                                           {"decrypt/" + names.key_name, "\"update\""},
                                           {"config/keys", "\"read\""}};
  if (capability.empty()) {
    rules.erase(path);
  } else {
    rules[path] += (rules[path].empty() ? "\"" : ", \"") + capability + "\"";
  }
  for (const auto& [where, what] : rules) add(names.transit_mount + "/" + where, what);
  add("sys/capabilities-self", "\"update\"");
  add("auth/token/renew-self", "\"update\"");
  return hcl;
}

TEST_CASE("Doctor: each capability that is missing is named with its consequence") {
  Doctored d;
  d.ServeOnce();
  const std::string key = d.bench.setup.options().key_name;
  SUBCASE("reading the key") {
    d.bench.setup.SetPolicy(Policy(d.bench, "keys/" + key, ""));
    auto told = d.Run(4);
    CHECK(told["transit.capabilities"].message == "read on keys/<key> is missing");
    CHECK(told["transit.metadata"].status == "fail");
  }
  SUBCASE("encrypting") {
    d.bench.setup.SetPolicy(Policy(d.bench, "encrypt/" + key, ""));
    const auto told = d.FailsOnly({"transit.capabilities", "transit.probe", "kms.status_encrypt"});
    CHECK(told.at("transit.capabilities").message == "update on encrypt/<key> is missing");
  }
  SUBCASE("decrypting") {
    d.bench.setup.SetPolicy(Policy(d.bench, "decrypt/" + key, ""));
    const auto told = d.FailsOnly({"transit.capabilities", "transit.probe", "kms.status_encrypt"});
    CHECK(told.at("transit.capabilities").message == "update on decrypt/<key> is missing");
  }
  SUBCASE("reading the mount's configuration") {
    d.bench.setup.SetPolicy(Policy(d.bench, "config/keys", ""));
    d.FailsOnly({"transit.disable_upsert"});
  }
}

TEST_CASE("Doctor: each capability that is too much is named one by one") {
  Doctored d;
  d.ServeOnce();
  const std::string key = d.bench.setup.options().key_name;
  const std::vector<std::pair<std::string, std::string>> rules{
      {"keys/" + key, "update"},
      {"keys/" + key, "delete"},
      {"keys/" + key + "/config", "update"},
      {"config/keys", "update"},
      {"keys/" + key + "/rotate", "update"},
      {"keys/" + key + "/trim", "update"},
      {"export/encryption-key/" + key, "read"},
      {"backup/" + key, "read"},
      {"restore", "update"},
      {"restore/" + key, "update"},
      {"rewrap/" + key, "update"},
      {"encrypt/" + key, "create"},
      {"decrypt/" + key, "sudo"}};
  for (const auto& [path, capability] : rules) {
    CAPTURE(path);
    d.bench.setup.SetPolicy(Policy(d.bench, path, capability));
    auto told = d.Run(4);
    std::string shown = path;
    if (const auto at = shown.find(key); at != std::string::npos)
      shown.replace(at, key.size(), "<key>");
    CHECK(told["transit.capabilities"].message == capability + " on " + shown + " is too much");
    for (const std::string& each : kIds) {
      CAPTURE(each);
      if (each != "transit.capabilities") CHECK(told[each].status == d.Good(each));
    }
  }
}

TEST_CASE("Doctor: a rotated key without a state says where the state is to come from") {
  Doctored d;
  d.bench.setup.RotateKey();
  auto told = d.Run(4);
  CHECK(told["registry.state"].status == "fail");
  CHECK(Says(told["registry.state"].message, "latest_version=2"));
  CHECK(Says(told["registry.state"].advice, "copy the state file and its checkpoint"));
  CHECK(told["kms.status_encrypt"].status == "fail");
}

TEST_CASE("Doctor: a refused state is named before any login") {
  Doctored d;
  d.ServeOnce();
  StateFiles files = ReadStateFiles(d.node.config);
  files.state += " ";
  files.state.replace(files.state.find("generation"), 10, "generatioN");
  WriteStateFiles(d.node.config, files);
  for (const char* command : {"doctor", "verify-key"}) {
    auto told = d.Look(4, command);
    CHECK(told["registry.state"].status == "fail");
    CHECK(Says(told["registry.state"].advice, "state.path: "));
    CHECK(told["openbao.tls"].message == "needs registry.state");
    CHECK(told["openbao.auth"].status == "skip");
  }
}

TEST_CASE("Doctor: a checkpoint that is not there is a warning") {
  Doctored d;
  d.ServeOnce();
  StateFiles files = ReadStateFiles(d.node.config);
  WriteStateFiles(d.node.config, {.state = files.state, .checkpoint = ""});
  CHECK(d.Run(0)["registry.state"].status == "warn");
}

TEST_CASE("Doctor: minima above what this node uses are named with the versions") {
  Doctored d;
  {
    d.node.config.Write();
    const Serving provider(d.node.config);
    RotateAndPromote(d.bench, provider);
  }
  SUBCASE("decryption") {
    d.bench.setup.SetMinDecryptionVersion(2);
    const auto told = d.FailsOnly({"transit.version_restrictions"});
    CHECK(told.at("transit.version_restrictions").message ==
          "version 1 is below min_decryption_version");
  }
  SUBCASE("encryption") {
    d.bench.setup.RotateKey();
    d.bench.setup.SetMinEncryptionVersion(3);
    auto told = d.Run(4);
    CHECK(told["transit.version_restrictions"].message ==
          "the active version is below min_encryption_version");
    for (const char* consequence : {"transit.probe", "kms.status_encrypt"}) {
      CHECK(told[consequence].status == "skip");
      CHECK(told[consequence].message == "needs transit.version_restrictions");
    }
  }
}

TEST_CASE("Doctor: a key that was made anew is named before anything is encrypted under it") {
  Doctored d;
  d.ServeOnce();
  d.bench.setup.DeleteKey();
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // creation times are whole seconds
  d.bench.setup.CreateKey();
  auto told = d.Run(4);
  CHECK(told["key_id.deterministic"].status == "fail");
  CHECK(told["registry.state"].message == "version 1 was made anew");
}

TEST_CASE("Doctor: the EncryptionConfiguration is judged and mistakes in it are named") {
  Doctored d;
  d.ServeOnce();
  const std::string provider =
      d.node.config.tree["transit"]["keyIdScope"]["providerName"].get<std::string>();
  const auto write = [&](const std::string& providers) {
    d.encryption_config = d.node.config.directory().Write(
        "encryption-config.yaml",
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
        "  - resources: [secrets]\n    providers:\n" +
            providers,
        0600);
  };
  const std::string ours = "      - kms: {apiVersion: v2, name: " + provider +
                           ", endpoint: 'unix://" + d.node.config.socket() + "'}\n";
  const std::string identity = "      - identity: {}\n";
  const std::string key = "      - aescbc: {keys: [{name: a, secret: Y2FuYXJ5LXNlY3JldA==}]}\n";
  const char* id = "kubernetes.encryption_config";
  SUBCASE("a good one") {
    write(ours + key);
    d.FailsOnly({});
  }
  SUBCASE("plaintext is read") {
    write(ours + identity);
    const auto told = d.Run(0);
    CHECK(told.at(id).status == "warn");
    CHECK(Says(told.at(id).message, "plaintext is still read"));
  }
  SUBCASE("plaintext is written") {
    write(identity + ours);
    const auto told = d.Run(0);
    CHECK(told.at(id).status == "warn");
    CHECK(Says(told.at(id).message, "comes first"));
  }
  SUBCASE("another socket and a bad key") {
    write("      - kms: {apiVersion: v2, name: " + provider +
          ", endpoint: 'unix:///run/other.sock'}\n      - aescbc: {keys: [{name: a, "
          "seecret: Y2FuYXJ5LXNlY3JldA==}]}\n");
    const auto told = d.FailsOnly({id});
    CHECK(Says(told.at(id).message, "server.socketPath"));
    CHECK(Says(told.at(id).message, "resources[0].providers[1].aescbc.keys[0].seecret: unknown"));
    CHECK_FALSE(Says(told.at(id).message, "Y2Fu"));
  }
  SUBCASE("no file") {
    d.encryption_config = "/nonexistent/encryption-config.yaml";
    CHECK(d.FailsOnly({id}).at(id).message == "file_missing");
  }
  SUBCASE("writable by others") {
    write(ours);
    REQUIRE(chmod(d.encryption_config.c_str(), 0666) == 0);
    CHECK(d.FailsOnly({id}).at(id).message == "unsafe_permissions");
  }
}

}  // namespace
}  // namespace baokms::e2e
