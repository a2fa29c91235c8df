// The ordinary life of one provider: start, serve, restart, stop.
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <future>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {
namespace {

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

TEST_CASE("Life: it starts and answers Status and Encrypt and Decrypt") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const Serving provider(config);
  const std::string key_id = provider.KeyId();
  CHECK(key_id.size() == 48);
  CHECK(key_id.starts_with("obk2."));

  const testing::SealedObject sealed = provider.Seal("a value");
  CHECK(sealed.key_id == key_id);
  CHECK(sealed.ciphertext.starts_with("vault:v1:"));
  CHECK(sealed.annotations.size() == 7);
  CHECK(sealed.annotations.at("provider.kms.openbao.org") == "openbao-transit");
  CHECK(sealed.annotations.at("transit-key-version.kms.openbao.org") == "1");
  CHECK(sealed.annotations.at("aad-version.kms.openbao.org") == "v1");
  provider.CheckOpens(sealed, "a value");
}

TEST_CASE(
    "Life: every size up to the largest plaintext makes the round trip and one more does not") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const Serving provider(config);
  for (const std::size_t size : {std::size_t{1}, std::size_t{32}, std::size_t{730}}) {
    provider.CheckRoundTrip(std::string(size, '\xff'));
  }
  CHECK(provider.Seal(std::string(731, 'x')).ciphertext.size() <= 1023);
  CHECK(provider.stub.Encrypt(std::string(732, 'x')).status.code ==
        static_cast<int>(Code::kInternal));
  CHECK(provider.stub.Encrypt("").status.code == static_cast<int>(Code::kInvalidArgument));
}

TEST_CASE("Life: a restart keeps the key_id and decrypts what was written before") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  std::string key_id;
  testing::SealedObject sealed;
  {
    Serving first(config);
    key_id = first.KeyId();
    sealed = first.Seal("before the restart");
    CHECK(first.process.Terminate() == testing::ExitStatus{.code = 0, .signal = std::nullopt});
  }
  const StateFiles before = ReadStateFiles(config);
  const Serving second(config);
  CHECK(second.KeyId() == key_id);
  second.CheckOpens(sealed, "before the restart");
  CHECK(ReadStateFiles(config) == before);
}

TEST_CASE("Life: SIGTERM unlinks the socket and exits 0") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  Serving provider(config);
  CHECK(Exists(config.socket()));
  const auto began = std::chrono::steady_clock::now();
  CHECK(provider.process.Terminate() == testing::ExitStatus{.code = 0, .signal = std::nullopt});
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
  CHECK_FALSE(Exists(config.socket()));
  CHECK(provider.process.LogLines("serve.shutdown").size() == 1);
}

TEST_CASE("Life: a socket left over from a kill is replaced and counted") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  {
    Serving killed(config);
    CHECK(killed.process.Metric("openbao_kms_socket_restarts_total") == 0.0);
    killed.process.Kill();
  }
  CHECK(Exists(config.socket()));
  const Serving again(config);
  again.CheckRoundTrip();
  CHECK(again.process.Metric("openbao_kms_socket_restarts_total") == 1.0);
  const auto removed = again.process.LogLines("socket.stale_removed");
  REQUIRE(removed.size() == 1);
  CHECK(removed[0].at("level") == "WARN");
}

TEST_CASE("Life: a second provider on the same socket exits 5 and the first goes on") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const Serving first(config);
  ProviderConfig other = bench.Config();
  other.tree["server"]["socketPath"] = config.socket();
  other.Write();
  ProviderProcess second(other, {.arguments = {"--allow-socket-parent", config.socket_directory()},
                                 .environment = {}});
  const std::string line = CheckExits(second, 5);
  CHECK(line ==
        "another process is serving server.socketPath: stop the other provider before you start "
        "this one");
  CHECK(Exists(config.socket()));
  first.CheckRoundTrip();
}

TEST_CASE("Life: taken metrics and health ports are warned of and bound when they are free") {
  Bench bench;
  const ProviderConfig first = bench.Config();
  Serving holder(first);
  ProviderConfig config = bench.Config();
  config.tree["server"]["metricsAddress"] = first.metrics_address();
  config.tree["server"]["healthAddress"] = first.health_address();
  config.Write();
  ProviderProcess provider(config);
  REQUIRE(provider.WaitLog("serve.ready"));
  const testing::KmsStub stub(config.socket());
  const testing::EncryptAnswer sealed = stub.Encrypt("meanwhile");
  REQUIRE(sealed.status.ok());
  CHECK(stub.Decrypt(sealed.sealed).plaintext == "meanwhile");
  // Those that listen there still answer, and not the new one.
  CHECK(holder.process.Metric("openbao_kms_grpc_requests_total{method=\"encrypt\",status=\"ok\"}")
            .value_or(0) == 0);
  for (const std::string name : {"metrics_listener", "health_listener"}) {
    const auto warned = provider.LogLines(name + ".not_bound");
    REQUIRE(warned.size() == 1);
    CHECK(warned[0].at("level") == "WARN");
    CHECK(warned[0].at("reason") == "address_in_use");
  }
  CHECK(holder.process.Terminate().has_value());
  for (const std::string name : {"metrics_listener", "health_listener"}) {
    REQUIRE(provider.WaitLog(name + ".bound"));
  }
  CHECK(provider.Health("/ready").status == 200);
  CHECK(provider.Metric("openbao_kms_grpc_requests_total{method=\"encrypt\",status=\"ok\"}") ==
        1.0);
  CHECK(provider.LogLines("health_listener.not_bound").size() == 1);
  CHECK(provider.LogLines("health_listener.bound").size() == 1);
}

TEST_CASE("Life: a second provider on the same state exits 5 and names the holder") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  Serving first(config);
  ProviderConfig other = bench.Config();
  other.tree["state"]["path"] = config.state_file();
  other.Write();
  const StateFiles before = ReadStateFiles(config);
  ProviderProcess second(other);
  const std::string line = CheckExits(second, 5);
  CHECK(line.starts_with("state.path: "));
  CHECK(line.find("(process " + std::to_string(first.process.child().pid()) + ")") !=
        std::string::npos);
  CHECK(second.LogLines("auth.login").empty());
  CHECK(ReadStateFiles(config) == before);
  first.CheckRoundTrip();
}

TEST_CASE("Life: SIGHUP reloads the log level and a bad file changes nothing") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["logging"]["level"] = "info";
  config.Write();
  Serving provider(config);
  provider.CheckRoundTrip();
  CHECK(provider.process.LogLines("kms.request").empty());

  config.tree["logging"]["level"] = "debug";
  config.Write();
  provider.process.child().Signal(SIGHUP);
  REQUIRE(provider.process.WaitLog("log_level.reloaded", 1, Milliseconds(3000)));
  provider.CheckRoundTrip();
  CHECK(provider.process.WaitLog("kms.request", 2, Milliseconds(3000)));

  config.WriteText("configVersion: nonsense\n");
  provider.process.child().Signal(SIGHUP);
  CHECK(provider.process.WaitLog("log_level.reload_refused", 1, Milliseconds(3000)));
  provider.CheckRoundTrip();
}

TEST_CASE("Faults: SIGTERM lets a call under way finish and refuses new ones") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["status"]["deepProbeInterval"] = "10m";  // no probe meets the slow reply
  config.Write();
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("drained");
  SharedEmulator().QueueFault({{"operation", "transit_decrypt"}, {"delay_ms", 1200}});
  auto call = std::async(std::launch::async, [&] { return provider.stub.Decrypt(sealed); });
  REQUIRE(Eventually(Milliseconds(1000), [&] {
    return provider.process.Metric("openbao_kms_grpc_in_flight{method=\"decrypt\"}") == 1.0;
  }));
  provider.process.child().Signal(SIGTERM);
  CHECK(Eventually(Milliseconds(1000), [&] { return !Exists(config.socket()); }));
  // Whoever looks at /ready stops sending here, though Status is healthy; nobody restarts it.
  const testing::HttpAnswer ready = provider.process.Health("/ready");
  CHECK(ready.status == 503);
  CHECK(Json::parse(ready.body).at("reasons") == Json{"draining"});
  CHECK(provider.process.Health("/live").status == 200);
  CHECK_FALSE(testing::KmsStub(config.socket()).Status(Milliseconds(300)).status.ok());
  CHECK(provider.process.child().Running());
  const testing::DecryptAnswer answer = call.get();
  CHECK(answer.status.code == 0);
  CHECK(answer.plaintext == "drained");
  CHECK(provider.process.child().Wait(Milliseconds(5000)) ==
        testing::ExitStatus{.code = 0, .signal = std::nullopt});
}

}  // namespace
}  // namespace baokms::e2e
