#include <doctest/doctest.h>
#include <sys/stat.h>

#include <future>
#include <thread>

#include "tests/adapters/grpc_kms/fakes.h"
#include "tests/adapters/grpc_kms/http2_peer.h"

namespace baokms::adapters::grpc_kms {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::Client;
using testing::ConnectTo;
using testing::Exists;
using testing::FakeKmsService;
using testing::Harness;

struct Draining : Harness {
  Draining() {
    service.hold = true;
    options.linger = milliseconds(200);
    Start();
  }
  Client client{options.socket_path};
  milliseconds TimedShutdown(milliseconds drain) {
    const auto before = steady_clock::now();
    server->Shutdown(drain);
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - before);
  }
};

TEST_CASE_FIXTURE(Draining, "Drain: an RPC that finishes in time is answered") {
  auto rpc = std::async(std::launch::async, [&] { return client.Encrypt("p"); });
  REQUIRE(service.WaitHeld(1));
  auto held = service.TakeEncrypts();
  auto shut = std::async(std::launch::async, [&] { return TimedShutdown(milliseconds(5000)); });
  CHECK(testing::Eventually([&] { return !Exists(options.socket_path); }));
  std::this_thread::sleep_for(milliseconds(100));
  CHECK(shut.wait_for(milliseconds(0)) == std::future_status::timeout);
  held[0](FakeKmsService::GoodEncrypt(""));
  CHECK(rpc.get().ok());
  CHECK(shut.get() < milliseconds(2000));
}

TEST_CASE_FIXTURE(Draining, "Drain: an RPC that never completes is answered UNAVAILABLE by us") {
  auto rpc = std::async(std::launch::async, [&] { return client.Encrypt("p"); });
  REQUIRE(service.WaitHeld(1));
  const auto took = TimedShutdown(milliseconds(400));
  CHECK(took >= milliseconds(390));
  CHECK(took < milliseconds(1500));
  const auto status = rpc.get();
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(status.error_message() == core::ShuttingDown().message());
  CHECK(telemetry.WaitFinished(1)->error == core::ShuttingDown());
  CHECK(service.WaitAbandoned(1));
  // Its outcome comes after the server has gone.
  server.reset();
  for (auto& done : service.TakeEncrypts()) done(FakeKmsService::GoodEncrypt(""));
  CHECK(telemetry.finished().size() == 1);
}

TEST_CASE_FIXTURE(Draining, "Drain: without RPCs it is quick whoever is connected") {
  service.hold = false;
  REQUIRE(client.Encrypt("p").ok());
  const auto silent = ConnectTo(options.socket_path);
  const auto opened = ConnectTo(options.socket_path);
  REQUIRE(testing::SendAll(opened.get(), testing::Http2Opening()));
  // One that sent one RPC and then neither reads nor leaves.
  const auto deaf = ConnectTo(options.socket_path);
  REQUIRE(
      testing::SendAll(deaf.get(), testing::Http2Opening() + testing::Http2Rpc(1, "Status", "")));
  REQUIRE(telemetry.WaitFinished(2).has_value());
  CHECK(TimedShutdown(milliseconds(15'000)) < milliseconds(1500));
  CHECK_FALSE(Exists(options.socket_path));
  CHECK(testing::ClosedWithin(silent.get(), milliseconds(100)));
  CHECK(testing::ClosedWithin(deaf.get(), milliseconds(100)));
  CHECK_FALSE(ConnectTo(options.socket_path).valid());
}

TEST_CASE_FIXTURE(Draining, "Drain: a peer whose window is shut holds nothing up") {
  service.hold = false;
  const auto shut = ConnectTo(options.socket_path);
  REQUIRE(testing::SendAll(
      shut.get(), testing::Http2OpeningWithClosedWindow() + testing::Http2Rpc(1, "Status", "")));
  REQUIRE(telemetry.WaitFinished(1).has_value());
  CHECK(TimedShutdown(milliseconds(15'000)) < milliseconds(1500));
}

TEST_CASE_FIXTURE(Draining, "Drain: twice is once") {
  server->Shutdown(milliseconds(100));
  CHECK(TimedShutdown(milliseconds(5000)) < milliseconds(100));
}

TEST_CASE_FIXTURE(Draining, "Drain: the next server serves the same path at once") {
  server->Shutdown(milliseconds(100));
  Start();
  service.hold = false;
  Client second(options.socket_path);
  CHECK(second.Encrypt("p").ok());
  CHECK(telemetry.stale_removed == 0);
}

TEST_CASE_FIXTURE(Draining, "Server: a second one on a served socket is refused") {
  auto second = KmsServer::Start(options, service, telemetry);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error() == ListenProblem::kAlreadyServed);
  CHECK(client.Status().ok());
}

TEST_CASE_FIXTURE(Draining, "Server: destroyed with an RPC under way it does not hang") {
  auto rpc = std::async(std::launch::async, [&] { return client.Encrypt("p"); });
  REQUIRE(service.WaitHeld(1));
  const auto before = steady_clock::now();
  server.reset();
  CHECK(steady_clock::now() - before < milliseconds(1500));
  CHECK(rpc.get().error_code() == grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace baokms::adapters::grpc_kms
