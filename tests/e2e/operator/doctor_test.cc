// `doctor`: the configuration, the credential, the EncryptionConfiguration, TLS and the login, each
// at its cause and with what to do (reports-and-labels.md). Nothing is changed and nothing secret
// is said.
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "tests/e2e/support/doctored.h"
#include "tests/support/emulator/certificates.h"

namespace baokms::e2e {
namespace {

// service.user of a node whose directories are those of whoever runs the tests.
std::string UserLines() {
  if (geteuid() == 0) {
    return "[warn] service.user: Provider's user - checked as root: the directories of the socket "
           "and of the state do not belong to another user\n"
           "    give both directories to a user of the provider's own; root may do much that such "
           "a user may not\n";
  }
  const passwd* const account = getpwuid(geteuid());
  const std::string uid = "uid " + std::to_string(geteuid());
  return "[pass] service.user: Provider's user - checked as " +
         (account == nullptr ? uid : std::string(account->pw_name) + " (" + uid + ")") + "\n";
}

TEST_CASE("Doctor: on a good node every check passes") {
  Doctored d;
  d.ServeOnce();
  const auto told = d.FailsOnly({});
  CHECK(Says(told.at("jwt.local").message, "valid for "));
  CHECK(told.at("openbao.auth").message == "a token with a lease of 30 min");
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
        "[skip] transit.auto_rotate_period: Transit auto_rotate_period - needs jwt.local\n"
        "[skip] kms.status_encrypt: Status/encrypt consistency - needs jwt.local\n"
        "[skip] process.hardening: Process hardening - needs jwt.local\n"
        "[pass] state.writable: State can be saved\n"
        "[skip] socket.listening: Socket is served - needs a running provider\n"
        "[pass] socket.reachable: Socket access - for the socket's group (gid " +
            std::to_string(getgid()) + ")\n" +
            "[pass] listeners.available: Metrics and health addresses\n"
            "[skip] provider.running: Running provider - it does not run, and has not served on "
            "this node yet\n" +
            UserLines());
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
  const Told told = d.FailsAt("config.validate", 3, Doctored::Values::kBad);
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
  auto told = d.Run(4);
  CHECK(told["socket.group"].status == "fail");
  CHECK(told["socket.reachable"].status == "skip");
  CHECK(told["transit.probe"].status == "pass");
  CHECK(told["registry.state"].status == "pass");
}

TEST_CASE("Doctor: a JWT that cannot be used is named before any login") {
  Doctored d;
  const auto logins = [](const Told& told, std::string_view status, std::string_view advice) {
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
  SUBCASE("no process is listening") {
    d.openbao()["address"] = "https://127.0.0.1:1";
    CHECK(d.FailsAt("openbao.tls").message == "could not connect");
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
  CHECK(told.at("openbao.tls").message == "openbao.failoverAddresses[0]: could not connect");
  CHECK(told.at("openbao.auth").status == "pass");
}

TEST_CASE("Doctor: a login that OpenBao refuses says where to look") {
  Doctored d;
  SUBCASE("a JWT that it does not trust") {
    d.node.config.WriteJwt(d.bench.setup.MintForeignJwt());
    const Told told = d.FailsAt("openbao.auth");
    CHECK(told.message == "auth_failed: OpenBao could not verify the JWT's signature");
    CHECK(Says(told.advice, "jwt_validation_pubkeys"));
  }
  SUBCASE("no such role") {
    d.bench.setup.DeleteRole();
    const Told told = d.FailsAt("openbao.auth");
    CHECK(told.message == "auth_failed: OpenBao has no such role");
    CHECK(Says(told.advice, "auth.jwt.role"));
  }
  // Claims that the role or the mount does not accept, which the node has no setting to check.
  const auto refuses = [&](const Json& claims, const std::string& message,
                           const std::string& advice) {
    d.jwt().erase("expectedIssuer");
    d.jwt().erase("expectedAudience");
    d.jwt().erase("expectedSubject");
    d.node.config.WriteJwt(d.bench.setup.MintJwt(claims));
    const Told told = d.FailsAt("openbao.auth");
    CHECK(told.message == "auth_failed: " + message);
    CHECK(Says(told.advice, advice));
  };
  SUBCASE("an audience") {
    refuses({{"aud", "x"}}, "OpenBao refused the JWT's audience (aud)", "bound_audiences");
  }
  SUBCASE("a subject") {
    refuses({{"sub", "x"}}, "OpenBao refused the JWT's subject (sub)", "bound_subject");
  }
  SUBCASE("an issuer") {
    refuses({{"iss", "x"}}, "OpenBao refused the JWT's issuer (iss)", "bound_issuer");
  }
  SUBCASE("no such mount") {
    d.jwt()["mountPath"] = "auth/nowhere";
    const Told told = d.FailsAt("openbao.auth");
    CHECK_FALSE(Says(told.message, "Transit"));
    CHECK(Says(told.advice, "auth.jwt.mountPath"));
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
  const std::string key = "      - aescbc: {keys: [{name: a, secret: Y2FuYXJ5LXNlY3JldC0xNg==}]}\n";
  const char* id = "kubernetes.encryption_config";
  SUBCASE("a good one") {
    write(ours + key);
    d.FailsOnly({});
  }
  SUBCASE("plaintext is read") {
    write(ours + identity);
    const auto told = d.Run(0);
    CHECK(told.at(id).status == "warn");
    CHECK(Says(told.at(id).message, "plaintext can still be read"));
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
          "seecret: Y2FuYXJ5LXNlY3JldC0xNg==}]}\n");
    const auto told = d.FailsOnly({id});
    CHECK(Says(told.at(id).message, "server.socketPath"));
    CHECK(Says(told.at(id).message, "resources[0].providers[1].aescbc.keys[0].seecret: unknown"));
    CHECK_FALSE(Says(told.at(id).message, "Y2Fu"));
  }
  SUBCASE("another directory, for a pod that mounts it there") {
    const std::string socket = d.node.config.socket();
    write("      - kms: {apiVersion: v2, name: " + provider + ", endpoint: 'unix:///pod" + socket +
          "'}\n");
    // Not through Run, which wants no path in the report: these two are the exception.
    const Json report = d.node.Report({"doctor", "--encryption-config", d.encryption_config});
    for (const Json& check : report.at("checks")) {
      if (check.at("id") != id) continue;
      CHECK(check.at("status") == "warn");
      CHECK(Says(check.at("message"), "/pod" + socket + " there"));
      CHECK(Says(check.at("message"), "server.socketPath is " + socket));
    }
  }
  SUBCASE("another key before ours") {
    write(key + ours);
    const auto told = d.Run(0);
    CHECK(told.at(id).status == "warn");
    CHECK(Says(told.at(id).message, "resources[0].providers[0]: comes before"));
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
