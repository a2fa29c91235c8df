// Who may call and how many at once, as the process enforces it (wire-contract.md, "Limits";
// configuration-and-cli.md, server.allowedPeers).
#include <doctest/doctest.h>
#include <unistd.h>

#include <thread>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {
namespace {

TEST_CASE("Faults: above a concurrency limit the answer comes at once and other methods go on") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["server"]["maxConcurrentDecrypt"] = 1;
  config.Write();
  const Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("a value");

  SharedEmulator().QueueFault({{"operation", "transit_decrypt"}, {"delay_ms", 1200}});
  std::thread slow([&] {
    const testing::KmsStub stub(config.socket());
    CHECK(stub.Decrypt(sealed).plaintext == "a value");
  });
  const char* in_flight = "openbao_kms_grpc_in_flight{method=\"decrypt\"}";
  CHECK(Eventually(Milliseconds(2000), [&] { return provider.process.Metric(in_flight) == 1.0; }));
  const auto began = std::chrono::steady_clock::now();
  const testing::DecryptAnswer refused = provider.stub.Decrypt(sealed);
  CHECK(std::chrono::steady_clock::now() - began < Milliseconds(500));
  CHECK(refused.status.code == static_cast<int>(Code::kResourceExhausted));
  CHECK(provider.Healthy());
  provider.Seal("meanwhile");
  slow.join();
  provider.CheckOpens(sealed, "a value");
  CHECK(provider.process.Metric(
            "openbao_kms_grpc_concurrency_rejections_total{method=\"decrypt\"}") == 1.0);
  CHECK(provider.process.Metric(in_flight) == 0.0);
}

TEST_CASE("Limits: a peer that allowedPeers does not name is not served") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["server"]["allowedPeers"] = {{"uids", {geteuid() + 1}}};
  config.Write();
  const Serving provider(config);
  CHECK(provider.stub.Status(Milliseconds(2000)).status.code ==
        static_cast<int>(Code::kUnavailable));
  CHECK(provider.process.Metric("openbao_kms_grpc_requests_total{method=\"status\",status=\"ok\"}")
            .value_or(0) == 0);
}

TEST_CASE("Limits: a peer is served for its uid or for its gid") {
  Bench bench;
  for (const char* kind : {"uids", "gids"}) {
    CAPTURE(kind);
    ProviderConfig config = bench.Config();
    const unsigned own = kind == std::string("uids") ? geteuid() : getegid();
    config.tree["server"]["allowedPeers"] = {{kind, {own + 1, own}}};
    config.Write();
    Serving(config).CheckRoundTrip();
  }
}

}  // namespace
}  // namespace baokms::e2e
