// Tokens, JWTs and authorities that end or change under a provider that serves (auth.md).
#include <doctest/doctest.h>

#include "tests/e2e/support/bench.h"
#include "tests/support/emulator/certificates.h"

namespace baokms::e2e {
namespace {

TEST_CASE("Credentials: a revoked token costs one login and no request") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["status"] = {
      {"probeInterval", "5s"}, {"deepProbeInterval", "60s"}, {"statusMaxStaleness", "20s"}};
  config.Write();
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("before");
  REQUIRE(Logins(provider.process) == 1.0);
  bench.setup.RevokeAllTokens();
  for (int i = 0; i < 10; ++i) {
    provider.CheckOpens(sealed, "before");
    provider.CheckRoundTrip();
  }
  CHECK(Logins(provider.process) == 2.0);
  CHECK(provider.Healthy());
}

TEST_CASE("Credentials: without a usable JWT a revoked token fails and a good file heals it") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("before");
  config.WriteJwt(bench.setup.MintJwt(Json::object(), std::chrono::seconds(-60)));
  bench.setup.RevokeAllTokens();
  CHECK(Eventually(Milliseconds(5000), [&] {
    const int code = provider.stub.Decrypt(sealed).status.code;
    return code == static_cast<int>(Code::kUnauthenticated) ||
           code == static_cast<int>(Code::kPermissionDenied);
  }));
  CHECK(Eventually(Milliseconds(5000), [&] { return !provider.Healthy(); }));
  CHECK(
      provider.process.Metric("openbao_kms_auth_login_total{status=\"jwt_expired\"}").value_or(0) >=
      1);
  config.WriteJwt(bench.setup.MintJwt());
  CHECK(Eventually(Milliseconds(30000), [&] { return provider.stub.Decrypt(sealed).status.ok(); }));
  CHECK(Eventually(Milliseconds(40000), [&] { return provider.Healthy(); }));
  provider.CheckRoundTrip();
}

TEST_CASE("Credentials: an expired JWT replaced within the grace time lets the start go on") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["bootstrap"]["graceTimeout"] = "20s";
  config.Write();
  config.WriteJwt(bench.setup.MintJwt(Json::object(), std::chrono::seconds(-60)));
  ProviderProcess provider(config);
  REQUIRE(provider.WaitLog("auth.login"));
  CHECK(provider.LogLines("auth.login").at(0).at("level") == "WARN");
  CHECK(provider.LogLines("auth.login").at(0).at("status") == "jwt_expired");
  config.WriteJwt(bench.setup.MintJwt());
  CHECK(provider.WaitReady());
  CHECK(testing::KmsStub(config.socket()).Encrypt("x").status.ok());
}

TEST_CASE("Credentials: a short lease is renewed before it ends and no call fails") {
  testing::SetupOptions names = FreshNames();
  names.token_ttl = std::chrono::seconds(6);
  Bench bench(names);
  ProviderConfig config = bench.Config();
  config.tree["auth"]["loginBeforeTokenExpiry"] = "4s";
  config.tree["auth"]["tokenRenewalIncrement"] = "6s";
  config.Write();
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("before");
  CHECK(Eventually(Milliseconds(10000), [&] {
    provider.CheckOpens(sealed, "before");
    return provider.process.Metric("openbao_kms_auth_renewal_total{status=\"ok\"}").value_or(0) >=
           2;
  }));
  CHECK(Logins(provider.process) == 1.0);
}

TEST_CASE("Credentials: a bad CA file under a warm process keeps the old one and is reported") {
  UseRaftStorage();
  Bench bench;
  const ProviderConfig config = bench.Config();
  Serving provider(config);
  config.WriteCa("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
  // The file is looked at when a request goes out, at most once a second.
  CHECK(provider.process.WaitLog("ca_file.refused", 1, Milliseconds(5000)));
  for (int i = 0; i < 20; ++i) provider.CheckRoundTrip();
  // New connections too: a restart of the server closes the warm ones.
  bench.openbao().Stop();
  bench.openbao().Start();
  CHECK(Eventually(Milliseconds(40000), [&] { return provider.Healthy(); }));
  provider.CheckRoundTrip();
  const auto refused = provider.process.LogLines("ca_file.refused");
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].at("level") == "WARN");
}

TEST_CASE("Faults: the authority changes under a warm process and its file follows") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["status"] = {
      {"probeInterval", "2s"}, {"deepProbeInterval", "60s"}, {"statusMaxStaleness", "8s"}};
  config.Write();
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("before");
  emulator::Emulator& server = SharedEmulator().emulator();
  REQUIRE(server.Control("POST", "tls/rotate", {{"new_ca", true}}).status < 300);
  REQUIRE(server.Control("POST", "connections/close", {{"reset", false}}).status < 300);
  const testing::DecryptAnswer refused = provider.stub.Decrypt(sealed);
  CHECK(refused.status.code == static_cast<int>(Code::kUnavailable));
  config.WriteCa(testing::ReadWholeFile(SharedEmulator().ca_file()));
  CHECK(Eventually(Milliseconds(5000), [&] { return provider.stub.Decrypt(sealed).status.ok(); }));
  CHECK(Eventually(Milliseconds(40000), [&] { return provider.Healthy(); }));
  CHECK(provider.process
            .Metric("openbao_kms_openbao_requests_total{operation=\"transit_decrypt\","
                    "status=\"tls_failed\"}")
            .value_or(0) >= 1);
}

}  // namespace
}  // namespace baokms::e2e
