// docs/login: a login that is set up by the page's own commands works.
#include "tests/e2e/support/auth_server.h"
#include "tests/runbooks/operator.h"

namespace baokms::runbooks {
namespace {

// A node whose configuration has everything but auth, which the page writes.
struct BareNode {
  BareNode() : node(bench, kInterval) {
    static int pages = 0;
    number = std::to_string(++pages);
    std::string yaml;
    for (const auto& [name, value] : node.config.tree.items()) {
      if (name != "auth") yaml += name + ": " + value.dump() + "\n";
    }
    node.config.WriteText(yaml);
  }

  const testing::TempDirectory& files() const { return node.config.directory(); }
  std::string auth_mount() const { return "auth/jwt-page-" + number; }

  void Prepare(Operator& person) const {
    person.Substitute("AUTH=jwt", "AUTH=" + auth_mount().substr(5));
    person.Substitute("POLICY=openbao-kms-prod", "POLICY=page-" + number);
    person.Substitute("/etc/openbao-kms/config.yaml", node.config.config_file());
  }
  // The blocks of "In OpenBao", or the same through the API.
  void SetUpOpenBao(Operator& person, const testing::Json& method, const std::string& subject) {
    const auto admin = [this](const std::string& path, const testing::Json& data) {
      REQUIRE(bench.setup.Admin("POST", path, data).ok());
    };
    const std::string policy = "page-" + number;
    person.DoWithBao("trust", node, [&] {
      admin("sys/" + auth_mount(), {{"type", "jwt"}});
      admin(auth_mount() + "/config", method);
    });
    person.DoWithBao("policy", node, [&] {
      admin("sys/policies/acl/" + policy,
            {{"policy", bench.setup.LeastPrivilegePolicy({bench.setup.options().key_name})}});
    });
    person.DoWithBao("role", node, [&] {
      admin(auth_mount() + "/role/kms-node", {{"role_type", "jwt"},
                                              {"user_claim", "sub"},
                                              {"bound_audiences", {"openbao"}},
                                              {"bound_subject", subject},
                                              {"token_policies", {policy}},
                                              {"token_no_default_policy", true},
                                              {"token_ttl", "30m"},
                                              {"token_max_ttl", "1h"}});
    });
    const auto role = bench.setup.Admin("GET", auth_mount() + "/role/kms-node");
    REQUIRE(role.ok());
    CHECK(role.data().at("bound_subject") == subject);
    CHECK(role.data().at("token_policies") == testing::Json{policy});
  }
  void StartAndSeal(Operator& person) {
    CHECK(Has(person.Do("start", node), "auth_login_total{status=\"ok\"} 1"));
    node.serving->CheckRoundTrip();
  }

  e2e::Bench bench;
  e2e::Node node;
  std::string number;
};

struct Oauth2Node : BareNode {
  Oauth2Node() : server("kms-node-1", "the first secret") {
    files().Write("idp-ca.pem", server.ca_pem(), 0644);
    files().Write("idp-key.pem", server.public_key_pem());
    Bring("the first secret");
  }
  // To where the page takes it from.
  void Bring(const std::string& secret) const { files().Write("brought-secret", secret + "\n"); }
  void Prepare(Operator& person) const {
    BareNode::Prepare(person);
    person.Substitute("https://idp.example", server.url());
    person.Substitute("/etc/openbao-kms/tls/idp-ca.crt", files().File("idp-ca.pem"));
    person.Substitute("/root/client-secret", files().File("brought-secret"));
    person.Substitute("/var/lib/openbao-kms/client-secret", files().File("client-secret"));
    // The emulator fetches no keys.
    if (!e2e::OnRealOpenBao()) {
      const std::string to = "\"auth/$AUTH/config\" ";
      person.Substitute(
          to + "jwks_url=\"$ISSUER/keys\" jwks_ca_pem=@/etc/openbao-kms/tls/idp-ca.crt",
          to + "jwt_validation_pubkeys=@" + files().File("idp-key.pem"));
    }
  }
  void SetUpOpenBao(Operator& person) {
    testing::Json method = {{"jwt_validation_pubkeys", {server.public_key_pem()}},
                            {"bound_issuer", server.url()}};
    BareNode::SetUpOpenBao(person, method, "kms-node-1");
  }
  void SetUpNode(Operator& person) {
    person.Do("secret", node);
    person.Do("configure", node);
    StartAndSeal(person);
  }

  e2e::AuthServer server;
};

struct JwtNode : BareNode {
  JwtNode() { Bring(bench.setup.MintJwt()); }
  void Bring(const std::string& jwt) const { files().Write("brought.jwt", jwt); }
  void Prepare(Operator& person) const {
    BareNode::Prepare(person);
    const testing::SetupOptions& names = bench.setup.options();
    person.Substitute("https://issuer.example", names.issuer);
    person.Substitute("SUBJECT=kms-node-1", "SUBJECT=" + names.subject);
    person.Substitute("/root/issuer.pub", files().Write("issuer.pub", IssuerKey()));
    person.Substitute("/root/identity.jwt", files().File("brought.jwt"));
    person.Substitute("/var/lib/openbao-kms/identity.jwt", files().File("page.jwt"));
  }
  void SetUpOpenBao(Operator& person) {
    const testing::SetupOptions& names = bench.setup.options();
    BareNode::SetUpOpenBao(
        person, {{"jwt_validation_pubkeys", {IssuerKey()}}, {"bound_issuer", names.issuer}},
        names.subject);
  }

 private:
  std::string IssuerKey() const {
    return bench.setup.Admin("GET", bench.setup.options().auth_mount + "/config")
        .data()
        .at("jwt_validation_pubkeys")
        .at(0);
  }
};

// Does what comes before the section under test.
template <typename NodeOfPage>
void SetUpOpenBaoBefore(NodeOfPage& with, const std::string& page) {
  Operator before(page, "In OpenBao");
  with.Prepare(before);
  with.SetUpOpenBao(before);
}

RUNBOOK_CASE("Runbook", "oauth2", "In OpenBao") {
  if (e2e::AuthServer::Skipped()) return person.LeaveUndone();
  Oauth2Node with;
  with.Prepare(person);
  with.SetUpOpenBao(person);
}

RUNBOOK_CASE("Runbook", "oauth2", "On the node") {
  if (e2e::AuthServer::Skipped()) return person.LeaveUndone();
  Oauth2Node with;
  SetUpOpenBaoBefore(with, "oauth2");
  with.Prepare(person);
  with.SetUpNode(person);
}

RUNBOOK_CASE("Runbook", "oauth2", "Rotating the client secret") {
  if (e2e::AuthServer::Skipped()) return person.LeaveUndone();
  Oauth2Node with;
  SetUpOpenBaoBefore(with, "oauth2");
  Operator before("oauth2", "On the node");
  with.Prepare(before);
  with.SetUpNode(before);

  with.server.Accept("the first secret\nthe second secret");
  with.Bring("the second secret");
  with.Prepare(person);
  person.Do("rotate", with.node);
  with.server.Accept("the second secret");
  with.bench.openbao().RevokeTokensOf(with.auth_mount());
  with.node.serving->CheckRoundTrip();
}

RUNBOOK_CASE("Runbook", "jwt-file", "In OpenBao") {
  JwtNode with;
  with.Prepare(person);
  with.SetUpOpenBao(person);
}

RUNBOOK_CASE("Runbook", "jwt-file", "On the node") {
  JwtNode with;
  SetUpOpenBaoBefore(with, "jwt-file");
  with.Prepare(person);
  person.Do("jwt", with.node);
  person.Do("configure", with.node);
  with.StartAndSeal(person);
}

}  // namespace
}  // namespace baokms::runbooks
