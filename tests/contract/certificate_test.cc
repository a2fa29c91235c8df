// openbao-observed.md: certificate login and renewal, as the certificate adapters will meet them.
#include <doctest/doctest.h>

#include "tests/contract/contract_case.h"
#include "tests/support/emulator/certificates.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {
namespace {

// A cert auth method of the case's own, with an authority of its own.
class CertificateCase {
 public:
  CertificateCase() {
    mount_ = "auth/cert-" + case_.setup.options().key_name;
    Must("sys/" + mount_, {{"type", "cert"}});
    Must(mount_ + "/certs/node", {{"certificate", authority_.pem()},
                                  {"allowed_uri_sans", {"spiffe://x/*"}},
                                  {"token_policies", {case_.setup.options().policy}}});
  }

  // The name of the leaf's files.
  std::string Leaf(const std::string& name, const std::string& common_name,
                   const std::string& uri) const {
    emulator::LeafRequest request;
    request.common_name = common_name;
    request.uri_sans = {uri};
    request.client = true;
    const emulator::CertificateAndKey pair = authority_.Issue(request);
    directory_.Write(name + ".pem", pair.certificate_pem);
    directory_.Write(name + ".key", pair.private_key_pem);
    return name;
  }

  // Over TLS with this leaf; empty: without one.
  AdminReply Post(const std::string& path, const Json& data, const std::string& leaf,
                  const std::string& token = "") const {
    HttpQuestion question{.method = "POST",
                          .url = case_.server.address() + "/v1/" + path,
                          .body = data.dump(),
                          .ca_file = case_.server.ca_file()};
    if (!leaf.empty()) {
      question.certificate_file = directory_.File(leaf + ".pem");
      question.key_file = directory_.File(leaf + ".key");
    }
    if (!token.empty()) question.headers["X-Vault-Token"] = token;
    const HttpAnswer answer = AskHttp(question);
    Json json = Json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
    return {
        .status = answer.status, .json = json.is_discarded() ? Json() : json, .text = answer.body};
  }
  AdminReply Login(const std::string& leaf) const {
    return Post(mount_ + "/login", {{"name", "node"}}, leaf);
  }
  // Without a certificate. What else it sends does not matter here.
  core::Result<Granted> LoginOfTheProvider() { return case_.ports.Login(mount_, "node", "a.b.c"); }
  AdminReply Renew(const std::string& leaf, const std::string& token) const {
    return Post("auth/token/renew-self", {{"increment", 600}}, leaf, token);
  }
  void DeleteRole() { REQUIRE(case_.Root("DELETE", mount_ + "/certs/node").status == 204); }

 private:
  void Must(const std::string& path, const Json& data) {
    REQUIRE(case_.Root("POST", path, data).ok());
  }

  ContractCase case_;
  emulator::CertificateAuthority authority_{"client authority"};
  TempDirectory directory_;
  std::string mount_;
};

TEST_SUITE_BEGIN("certificate");

TEST_CASE("Certificate login: the names decide and one without Common Name is 500") {
  CertificateCase c;
  const AdminReply none = c.Login("");
  CHECK(none.status == 400);
  CHECK(none.error() ==
        (Since(2, 6) ? "no client certificate found" : "client certificate must be supplied"));
  // In whatever words, the provider knows what it is.
  const auto login = c.LoginOfTheProvider();
  REQUIRE_FALSE(login.has_value());
  CHECK(login.error() == core::LoginCertificateMissing());
  const AdminReply nameless = c.Login(c.Leaf("nameless", "", "spiffe://x/node"));
  CHECK(nameless.status == 500);
  CHECK(nameless.error() == "missing name in alias");
  CHECK(c.Login(c.Leaf("other", "node", "spiffe://y/node")).status == 400);
  const AdminReply accepted = c.Login(c.Leaf("named", "node", "spiffe://x/node"));
  REQUIRE(accepted.status == 200);
  CHECK(accepted.json.at("auth").at("metadata").at("common_name") == "node");
}

TEST_CASE("Certificate renewal: the login's own leaf alone and 204 after the role is gone") {
  CertificateCase c;
  const std::string named = c.Leaf("named", "node", "spiffe://x/node");
  const std::string again = c.Leaf("again", "node", "spiffe://x/node");
  const AdminReply accepted = c.Login(named);
  REQUIRE(accepted.status == 200);
  const std::string token = accepted.json.at("auth").at("client_token");
  CHECK(c.Renew(named, token).status == 200);
  const AdminReply mismatch = c.Renew(again, token);
  CHECK(mismatch.status == 500);
  CHECK(mismatch.error().contains("client identity during renewal"));
  CHECK(c.Renew("", token).status == 400);
  c.DeleteRole();
  const AdminReply gone = c.Renew(named, token);
  CHECK(gone.status == 204);
  CHECK(gone.text.empty());
}

TEST_SUITE_END();

}  // namespace
}  // namespace baokms::testing
