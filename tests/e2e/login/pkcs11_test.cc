// Login with a certificate whose key is in a PKCS#11 token (auth.md, "Certificates").
#include <doctest/doctest.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <memory>
#include <thread>

#include "tests/e2e/support/core_image.h"
#include "tests/e2e/support/leak_search.h"
#include "tests/e2e/support/pkcs11_node.h"
#include "tests/support/harness/real_openbao.h"
#include "tests/support/pkcs11/troubled_module.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

double Renewals(const ProviderProcess& provider, std::string_view status = "ok") {
  return provider.Metric("openbao_kms_auth_renewal_total{status=\"" + std::string(status) + "\"}")
      .value_or(0);
}

// Of its own, with one version of TLS.
std::unique_ptr<testing::OpenBaoUnderTest> ServerOf(const std::string& version) {
  if (OnRealOpenBao()) {
    return std::make_unique<testing::RealOpenBao>(
        testing::FindRealOpenBao().value(), testing::OpenBaoStorage::kMemory,
        "  tls_min_version = \"" + version + "\"\n  tls_max_version = \"" + version + "\"");
  }
  emulator::Emulator::Options options;
  options.tls.only = version == "tls12" ? emulator::TlsVersions::k12 : emulator::TlsVersions::k13;
  return std::make_unique<testing::EmulatorUnderTest>(options);
}

// The start fails; the line for a person begins like this, and the login was counted under
// `status`.
void CheckStartFails(Pkcs11Node& node, std::string_view status, std::string_view begins) {
  node.config.tree["bootstrap"]["graceTimeout"] = "1s";
  node.config.Write();
  ProviderProcess provider(node.config);
  const std::string line = CheckExits(provider, 5);
  CHECK_MESSAGE(line.find(begins) != std::string::npos, line);
  const auto logins = provider.LogLines("auth.login");  // of earlier starts too
  REQUIRE(!logins.empty());
  CHECK(logins.back().at("status") == status);
  CHECK(logins.back().at("error_class") == "auth_failed");
}

TEST_CASE("PKCS11: keys of every kind log in and serve") {
  using Key = emulator::SharedPkey;
  for (const Key& key :
       {Key(EVP_RSA_gen(2048U), EVP_PKEY_free), Key(EVP_RSA_gen(4096U), EVP_PKEY_free),
        Key(EVP_EC_gen("P-256"), EVP_PKEY_free), Key(EVP_EC_gen("P-384"), EVP_PKEY_free)}) {
    const Pkcs11Node node({.key = key});
    const Serving provider(node.config);
    provider.CheckRoundTrip();
    CHECK(Logins(provider.process) == 1);
    CHECK(provider.process.Metric("openbao_kms_auth_method_info{method=\"cert\"}") == 1.0);
    CHECK(provider.process.Metric("openbao_kms_certificate_source_info{source=\"pkcs11\"}") == 1.0);
    CHECK(provider.process.Metric("openbao_kms_certificate_ttl_seconds").value_or(0) > 29 * 86400);
  }
}

// A lease of 6 s that is refreshed from 4 s on.
void ShortLease(Pkcs11Node& node) {
  node.config.tree["auth"]["loginBeforeTokenExpiry"] = "4s";
  node.config.tree["auth"]["tokenRenewalIncrement"] = "6s";
  node.config.Write();
}
constexpr std::chrono::seconds kShortLease{6};

TEST_CASE("PKCS11: a token is renewed over TLS that presents the login's certificate") {
  Pkcs11Node node({.token_ttl = kShortLease});
  ShortLease(node);
  const Serving provider(node.config);
  CHECK(Eventually(Milliseconds(12000), [&] { return Renewals(provider.process) >= 2; }));
  CHECK(Logins(provider.process) == 1);
  CHECK(provider.process.LogLines("auth.renewal").size() == 2);
  provider.CheckRoundTrip();
}

TEST_CASE("PKCS11: with another certificate in the file it logs in and does not try to renew") {
  Pkcs11Node node({.token_ttl = kShortLease});
  ShortLease(node);
  const Serving provider(node.config);
  node.WriteCertificate();
  CHECK(Eventually(Milliseconds(12000), [&] { return Logins(provider.process) == 2; }));
  CHECK(provider.process.LogLines("auth.renewal").empty());
  CHECK(Eventually(Milliseconds(12000), [&] { return Renewals(provider.process) >= 1; }));
  CHECK(Logins(provider.process) == 2);
}

TEST_CASE("PKCS11: a token that was pulled leaves the present lease working and comes back") {
  const Pkcs11Node node;
  const Serving provider(node.config);
  node.hsm.PullTokens();
  provider.CheckRoundTrip();
  CHECK(Logins(provider.process, "no_usable_session") == 0);
  node.openbao().RevokeTokensOf(node.mount());
  CHECK(Eventually(Milliseconds(10000), [&] {
    return !provider.Healthy() && Logins(provider.process, "no_usable_session") >= 1;
  }));
  node.hsm.InsertTokens();
  CHECK(Eventually(Milliseconds(60000), [&] { return provider.Healthy(); }));
  provider.CheckRoundTrip();
}

TEST_CASE("PKCS11: a wrong PIN is tried once however long the start goes on") {
  const testing::TroubledModule module;
  Pkcs11Node node({.module = testing::TroubledModule::Module()});
  node.WritePin("another-canary-pin");
  CheckStartFails(node, "no_usable_session", "auth.cert.pkcs11.pinFile: the token refused the PIN");
  CHECK(module.Calls("C_Login") == 1);
}

TEST_CASE("PKCS11: a certificate that will not do stops the start and says why") {
  Pkcs11Node node;
  node.WriteCertificate(std::chrono::hours(-1));
  CheckStartFails(node, "cert_expired",
                  "auth.cert.pkcs11.certificateFile: the certificate has expired");
  node.WriteCertificate(std::chrono::hours(1));
  CheckStartFails(node, "cert_near_expiry", "auth.cert.minRemainingTtl");
  node.WriteCertificate(std::chrono::hours(720), /*for_clients=*/false);
  CheckStartFails(node, "cert_invalid", "extended key usage");
}

TEST_CASE("PKCS11: a weak key stops the start") {
  Pkcs11Node node({.key = {EVP_RSA_gen(1024U), EVP_PKEY_free}});
  CheckStartFails(node, "cert_invalid",
                  "auth.cert.pkcs11.certificateFile: the certificate's key is too weak");
}

TEST_CASE("PKCS11: a refused login says what OpenBao may not like") {
  Pkcs11Node node;
  node.openbao().MustAdmin("DELETE", node.mount() + "/certs/node");
  CheckStartFails(node, "auth_failed", "OpenBao refused the certificate login");
}

// doctor fails at `id` alone, with `status` and this advice; what stands on it is skipped.
void CheckDoctor(const Pkcs11Node& node, const std::string& id, std::string_view status,
                 std::string_view advice) {
  const CommandResult result =
      RunCommand({"doctor", "--output", "json", "--config", node.config.config_file(),
                  "--allow-socket-parent", node.config.socket_directory()});
  CHECK(result.code == 4);
  for (const char* secret : {kTokenPin, kTokenLabel, "provider-key"}) {
    CHECK_MESSAGE((result.out + result.err).find(secret) == std::string::npos, secret);
  }
  const Json report = Json::parse(result.out, nullptr, false);
  REQUIRE(report.is_object());
  bool failed = false;
  for (const Json& check : report.at("checks")) {
    if (check.at("id") == "state.writable") break;  // the node's own checks stand alone
    CAPTURE(check.dump());
    if (check.at("id") == "kubernetes.encryption_config") continue;  // no such file is given
    CHECK(check.at("status") == (check.at("id") == id ? "fail" : failed ? "skip" : "pass"));
    if (check.at("id") != id) continue;
    failed = true;
    CHECK(check.at("message").get<std::string>().starts_with(status));
    CHECK(check.at("advice").get<std::string>().find(advice) != std::string::npos);
  }
  CHECK(failed);
}

TEST_CASE("PKCS11: doctor names each cause at the token or the certificate or the login") {
  Pkcs11Node node;
  {
    const CommandResult good =
        RunCommand({"doctor", "--config", node.config.config_file(), "--allow-socket-parent",
                    node.config.socket_directory()});
    CHECK_MESSAGE(good.code == 0, good.out);
    CHECK(good.out.find("[pass] auth.cert.signer") != std::string::npos);
  }
  SUBCASE("a wrong PIN") {
    node.WritePin("another-pin");
    CheckDoctor(node, "auth.cert.pkcs11", "no_usable_session", "auth.cert.pkcs11.pinFile");
  }
  SUBCASE("no such token") {
    node.config.tree["auth"]["cert"]["pkcs11"]["tokenLabel"] = "another";
    node.config.Write();
    CheckDoctor(node, "auth.cert.pkcs11", "no_usable_session", "auth.cert.pkcs11.tokenLabel");
  }
  SUBCASE("no such key") {
    node.config.tree["auth"]["cert"]["pkcs11"]["keyLabel"] = "another";
    node.config.Write();
    CheckDoctor(node, "auth.cert.pkcs11", "no_usable_session", "auth.cert.pkcs11.keyLabel");
  }
  SUBCASE("no such module") {
    node.config.tree["auth"]["cert"]["pkcs11"]["modulePath"] = "/nonexistent/module.so";
    node.config.Write();
    CheckDoctor(node, "auth.cert.pkcs11", "no_usable_session", "auth.cert.pkcs11.modulePath");
  }
  SUBCASE("expired") {
    node.WriteCertificate(std::chrono::hours(-1));
    CheckDoctor(node, "auth.cert.local", "cert_expired", "auth.cert.pkcs11.certificateFile");
  }
  SUBCASE("not for clients") {
    node.WriteCertificate(std::chrono::hours(720), /*for_clients=*/false);
    CheckDoctor(node, "auth.cert.local", "cert_invalid", "clientAuth");
  }
  SUBCASE("refused by OpenBao") {
    node.openbao().MustAdmin("DELETE", node.mount() + "/certs/node");
    CheckDoctor(node, "openbao.auth", "auth_failed", "auth.cert.name");
  }
}

TEST_CASE("PKCS11: without a free session the login fails and heals") {
  const testing::TroubledModule module;
  const Pkcs11Node node({.module = testing::TroubledModule::Module()});
  module.Fail("C_OpenSession", 0xB1);  // CKR_SESSION_COUNT
  ProviderProcess provider(node.config);
  REQUIRE(provider.WaitLog("auth.login"));
  CHECK(provider.LogLines("auth.login").at(0).at("status") == "no_usable_session");
  module.Heal();
  CHECK(provider.WaitReady());
  CHECK(module.MostSessions() == 2);
}

TEST_CASE(
    "PKCS11: while the module hangs in a signature the present lease works and the end is prompt") {
  const testing::TroubledModule module;
  Pkcs11Node node(
      {.token_ttl = std::chrono::seconds(20), .module = testing::TroubledModule::Module()});
  // Refreshed from the start on.
  node.config.tree["auth"]["loginBeforeTokenExpiry"] = "19s";
  node.config.tree["auth"]["tokenRenewalIncrement"] = "20s";
  node.config.Write();
  Serving provider(node.config);
  module.Hang("C_Sign");
  CHECK(Eventually(Milliseconds(10000), [&] {
    return Renewals(provider.process, "error") + Logins(provider.process, "no_usable_session") +
               Logins(provider.process, "cert_invalid") >=
           1;
  }));
  const std::size_t signatures = module.Calls("C_Sign");
  for (int i = 0; i < 10; ++i) provider.CheckRoundTrip();
  CHECK(provider.Healthy());
  std::this_thread::sleep_for(std::chrono::seconds(3));
  CHECK(module.Calls("C_Sign") == signatures);  // no second one beside it
  const auto began = std::chrono::steady_clock::now();
  const auto ended = provider.process.Terminate();
  REQUIRE(ended.has_value());
  CHECK(ended->code == 0);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
}

TEST_CASE("PKCS11: a core image holds no PIN and no token") {
  if (testing::SkippedWithoutRoot() || SkippedWithoutGcore()) return;
  const Pkcs11Node node;
  Serving provider(node.config);
  for (int i = 0; i < 3; ++i) provider.CheckRoundTrip();
  const pid_t pid = provider.process.child().pid();
  LeakSearch secrets;
  secrets.Plant("PIN", kTokenPin);
  const std::set<std::string> tokens = TokensOf(pid, node.openbao());
  REQUIRE_FALSE(tokens.empty());
  for (const std::string& token : tokens) secrets.Plant("token", token);
  std::string image = CoreImageOf(pid);
  // A call may have been under way.
  for (int i = 0; i < 5 && !secrets.In("a core image", image).empty(); ++i) {
    provider.CheckRoundTrip();
    image = CoreImageOf(pid);
  }
  std::string around;
  for (const std::string& token : tokens) around += "a token " + AroundIn(image, token) + "; ";
  INFO(around);
  for (const std::string& leak : secrets.In("a core image", image)) FAIL_CHECK(leak);
  // The same search finds what is no secret: the label of the key.
  LeakSearch label;
  label.Plant("key label", "provider-key");
  CHECK_FALSE(label.In("a core image", image).empty());
}

TEST_CASE("PKCS11: neither PIN nor labels nor paths are in logs and metrics") {
  const Pkcs11Node node;
  LeakSearch search;
  search.Plant("PIN", kTokenPin);
  search.Plant("token label", kTokenLabel);
  search.Plant("key label", "provider-key");
  search.Plant("module path", testing::SoftHsm::Module());
  search.Plant("directory", node.config.directory().path());
  Serving provider(node.config);
  provider.CheckRoundTrip();
  const auto none = std::vector<std::string>();
  CHECK(search.In("metrics", provider.process.Metrics()) == none);
  node.WritePin("wrong");
  node.hsm.PullTokens();
  node.openbao().RevokeTokensOf(node.mount());
  CHECK(Eventually(Milliseconds(10000), [&] { return !provider.Healthy(); }));
  provider.process.Terminate();
  CHECK(search.In("log", provider.process.Stderr()) == none);
}

TEST_CASE("PKCS11: logs in over TLS 1.2 and over TLS 1.3 when the server takes nothing else") {
  for (const std::string version : {"tls12", "tls13"}) {
    const auto server = ServerOf(version);
    Pkcs11Node node({.server = *server, .key = {EVP_RSA_gen(2048U), EVP_PKEY_free}});
    const Serving provider(node.config);
    provider.CheckRoundTrip();
    CHECK(Logins(provider.process) == 1);
  }
}

// Counted at the server, so on the emulator alone.
TEST_CASE("PKCS11 handshakes: logins and renewals present the certificate and Transit never does") {
  Pkcs11Node node({.token_ttl = kShortLease});
  ShortLease(node);
  emulator::Emulator& server = SharedEmulator().emulator();
  server.ResetCounters();
  const Serving provider(node.config);
  CHECK(Eventually(Milliseconds(12000), [&] { return Renewals(provider.process) >= 1; }));
  provider.CheckRoundTrip();
  // A login after warm Transit calls.
  node.openbao().RevokeTokensOf(node.mount());
  CHECK(Eventually(Milliseconds(12000), [&] { return Logins(provider.process) == 2; }));
  CHECK(Eventually(Milliseconds(12000), [&] { return provider.stub.Encrypt("x").status.ok(); }));
  const double auth = 2 + Renewals(provider.process);
  const Json counters = server.CountersJson();
  CHECK(counters["tls_handshakes_with_client_certificate"] == auth);
  double transit = 0;
  for (const auto& [name, entry] : counters["operations"].items()) {
    const bool presents = name == "cert_login" || name == "token_renew_self";
    INFO(name);
    CHECK(entry["with_client_certificate"] == (presents ? entry["requests"].get<int>() : 0));
    if (!presents) transit += entry["requests"].get<double>();
  }
  CHECK(transit > 10);
  CHECK(counters["operations"]["cert_login"]["requests"] == 2);
}

}  // namespace
}  // namespace baokms::e2e
