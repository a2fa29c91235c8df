// A listener of OpenBao that lets nobody in without a client certificate (auth.md,
// "Certificates"), and what else TLS keeps from a certificate login.
#include <doctest/doctest.h>
#include <openssl/rsa.h>

#include <memory>

#include "tests/e2e/support/doctored.h"
#include "tests/e2e/support/pkcs11_node.h"
#include "tests/support/harness/real_openbao.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

// One version of TLS, clients of `authority` only; the ordinary listener is for the set-up.
struct StrictOpenBao {
  explicit StrictOpenBao(const std::string& version, const std::string& authority_pem)
      : server(testing::FindRealOpenBao().value(), testing::OpenBaoStorage::kMemory, "",
               "  tls_require_and_verify_client_cert = true\n  tls_client_ca_file = \"" +
                   directory.Write("clients.pem", authority_pem, 0644) +
                   "\"\n  tls_min_version = \"" + version + "\"\n  tls_max_version = \"" + version +
                   "\"") {}
  testing::TempDirectory directory;
  testing::RealOpenBao server;
};

// Whatever server the other tests run on: only a real one has such listeners.
bool SkippedWithoutOpenBao() {
  return !testing::FindRealOpenBao() && testing::SaySkipped(testing::HowToGetOpenBao());
}

struct Advised {
  std::string message;
  std::string advice;
};

// Of the one check that fails.
Advised DoctorFails(const ProviderConfig& config, const std::string& id) {
  const CommandResult result =
      RunCommand({"doctor", "--output", "json", "--config", config.config_file(),
                  "--allow-socket-parent", config.socket_directory()});
  CHECK_MESSAGE(result.code == 4, result.out);
  const Json report = Json::parse(result.out, nullptr, false);
  REQUIRE(report.is_object());
  for (const Json& check : report.at("checks")) {
    if (check.at("status") != "fail") continue;
    CHECK(check.at("id") == id);
    return {check.value("message", ""), check.value("advice", "")};
  }
  FAIL("nothing failed");
  return {};
}

TEST_CASE("PKCS11 real listeners: Transit and doctor present the login's certificate too") {
  if (SkippedWithoutOpenBao()) return;
  for (const std::string version : {"tls12", "tls13"}) {
    CAPTURE(version);
    const emulator::CertificateAuthority authority("node authority");
    StrictOpenBao strict(version, authority.pem());
    Pkcs11Node node({.server = strict.server, .authority = authority});
    node.config.tree["openbao"]["address"] = strict.server.strict_address();
    node.config.Write();
    const CommandResult good =
        RunCommand({"doctor", "--config", node.config.config_file(), "--allow-socket-parent",
                    node.config.socket_directory()});
    CHECK_MESSAGE(good.code == 0, good.out);
    const Serving provider(node.config);
    provider.CheckRoundTrip();
    CHECK(Logins(provider.process) == 1);
    // A new certificate is followed: the next login has it, and Transit with that login's token.
    node.WriteCertificate();
    node.openbao().RevokeTokensOf(node.mount());
    CHECK(Eventually(Milliseconds(12000), [&] { return Logins(provider.process) == 2; }));
    CHECK(Eventually(Milliseconds(12000), [&] { return provider.Healthy(); }));
    provider.CheckRoundTrip();
  }
}

TEST_CASE("PKCS11 real listeners: with a JWT login doctor and a failed start say what is wanted") {
  if (SkippedWithoutOpenBao()) return;
  for (const std::string version : {"tls12", "tls13"}) {
    CAPTURE(version);
    const emulator::CertificateAuthority authority("node authority");
    StrictOpenBao strict(version, authority.pem());
    const testing::OpenBaoSetup setup(strict.server, FreshNames());
    ProviderConfig config(strict.server, setup);
    config.tree["openbao"]["address"] = strict.server.strict_address();
    config.tree["bootstrap"]["graceTimeout"] = "1s";
    config.Write();
    const Advised told = DoctorFails(config, "openbao.tls");
    CHECK(told.message == "the server wants a client certificate");
    CHECK(told.advice.contains("auth.method cert"));
    ProviderProcess provider(config);
    const std::string line = CheckExits(provider, 5);
    CHECK_MESSAGE(line.contains("the server wants a client certificate"), line);
    CHECK(provider.LogLines("auth.login").back().at("error_class") == "openbao_tls_failed");
  }
}

TEST_CASE(
    "PKCS11 real listeners: a certificate that never arrived is named by the login's advice") {
  if (SkippedWithoutOpenBao()) return;
  testing::RealOpenBao server(testing::FindRealOpenBao().value(), testing::OpenBaoStorage::kMemory,
                              "  tls_disable_client_certs = true");
  Pkcs11Node node({.server = server});
  const Advised told = DoctorFails(node.config, "openbao.auth");
  CHECK(told.message == "auth_failed: no client certificate reached OpenBao");
  CHECK(told.advice.contains("tls_disable_client_certs"));
}

TEST_CASE("PKCS11 real listeners: an RSA key that signs PKCS#1 v1.5 alone logs in over TLS 1.2") {
  if (SkippedWithoutOpenBao()) return;
  testing::RealOpenBao server(testing::FindRealOpenBao().value(), testing::OpenBaoStorage::kMemory,
                              "  tls_max_version = \"tls12\"");
  const Pkcs11Node node({.server = server,
                         .key = {EVP_RSA_gen(2048U), EVP_PKEY_free},
                         .mechanisms = "RSA-PKCS,SHA256-RSA-PKCS,SHA384-RSA-PKCS,SHA512-RSA-PKCS"});
  const Serving provider(node.config);
  provider.CheckRoundTrip();
  CHECK(Logins(provider.process) == 1);
}

TEST_CASE("Doctor proxy: a proxy that is set and not used is named where connecting fails") {
  Doctored d;
  d.openbao()["address"] = "https://127.0.0.1:1";
  d.node.config.Write();
  for (const char* name : {"HTTPS_PROXY", "https_proxy", "ALL_PROXY"}) {
    const CommandResult result =
        RunCommand({"doctor", "--config", d.node.config.config_file(), "--allow-socket-parent",
                    d.node.config.socket_directory()},
                   {{name, "http://proxy.invalid:3128"}});
    CHECK(result.code == 4);
    CHECK_MESSAGE(result.out.contains(std::string(name) + " is set and not used"), result.out);
    CHECK_FALSE(result.out.contains("proxy.invalid"));
  }
}

}  // namespace
}  // namespace baokms::e2e
