// `doctor`: the configuration, the credential, TLS and the login, each at its cause and with what
// to do (reports-and-labels.md). Nothing is changed and nothing secret is said.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/operator_node.h"
#include "tests/support/emulator/certificates.h"

namespace baokms::e2e {
namespace {

using Names = std::vector<std::string>;

const Names kIds = {"config.load", "config.validate", "socket.group",
                    "jwt.local",   "openbao.tls",     "openbao.auth"};

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
  std::map<std::string, Told> Look(int code) {
    const DirectoryPicture before = node.Picture();
    const CommandResult result = node.Run({"doctor", "--output", "json"});
    INFO(result.out);
    INFO(result.err);
    CHECK(result.code == code);
    CHECK(node.Picture() == before);
    const Json report = Json::parse(result.out, nullptr, false);
    REQUIRE(report.is_object());
    CHECK(report.at("name") == "doctor");
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
    CHECK(ids == kIds);
    CHECK(result.err.empty() == (code == 0));
    CheckSaysNoSecret(result.out + result.err);
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
        CHECK(told[each].status == (after ? "skip" : "pass"));
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

  Bench bench;
  OperatorNode node;
};

TEST_CASE("Doctor: on a good node every check passes") {
  Doctored d;
  const auto told = d.Run(0);
  for (const std::string& id : kIds) CHECK(told.at(id).status == "pass");
  CHECK(Says(told.at("jwt.local").message, "valid for "));
  CHECK(told.at("openbao.auth").message == "a token with a lease of 1800 s");
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
        "[skip] openbao.tls: OpenBao TLS config - needs jwt.local\n"
        "[skip] openbao.auth: OpenBao JWT login - needs jwt.local\n");
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
  d.node.config.tree["server"]["socketGroup"] = "no-such-group-here";
  const auto told = d.Run(4);
  for (const std::string& id : kIds) {
    CHECK(told.at(id).status == (id == "socket.group" ? "fail" : "pass"));
  }
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

}  // namespace
}  // namespace baokms::e2e
