// The thread that serves every call, and answers that come from others (call_queue.h).
#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

#include "tests/adapters/grpc_kms/fakes.h"
#include "tests/adapters/grpc_kms/http2_peer.h"

namespace baokms::adapters::grpc_kms {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::Client;
using testing::ConnectTo;
using testing::FakeKmsService;
using testing::Harness;

struct Calls : Harness {
  Calls() { options.linger = milliseconds(200); }

  std::vector<std::future<grpc::Status>> Encrypts(Client& client, int count) {
    std::vector<std::future<grpc::Status>> running;
    for (int i = 0; i < count; ++i) {
      running.push_back(std::async(std::launch::async, [&] { return client.Encrypt("p"); }));
    }
    return running;
  }
};

// A line of the status of this process's thread with that name.
std::string ThreadStatus(const std::string& name, const std::string& field) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream status(task.path() / "status");
    std::string line;
    std::getline(status, line);
    if (line != "Name:\t" + name) continue;
    while (std::getline(status, line)) {
      if (line.starts_with(field)) return line;
    }
  }
  return {};
}

TEST_CASE_FIXTURE(Calls, "Calls: one thread serves them and takes no signals") {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  service.status = [&] {
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
    return core::StatusReply{.healthy = true, .key_id = testing::SomeKeyId().str()};
  };
  Start();
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      Client client(options.socket_path);
      for (int call = 0; call < 50; ++call) CHECK(client.Status().ok());
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(threads.size() == 1);
  // All but SIGKILL and SIGSTOP, and the two that the C library keeps for itself.
  CHECK(ThreadStatus("kms-calls", "SigBlk:") == "SigBlk:\tfffffffe7ffbfeff");
  server.reset();
  CHECK(ThreadStatus("kms-calls", "SigBlk:").empty());
}

TEST_CASE_FIXTURE(Calls, "Calls: an answer does not wait for the thread that serves them") {
  Start();
  Client client(options.socket_path);
  service.hold = true;
  auto running = Encrypts(client, 1);
  REQUIRE(service.WaitHeld(1));
  std::latch busy(1);
  std::latch release(1);
  service.status = [&] {
    busy.count_down();
    release.wait();
    return core::StatusReply{.healthy = true, .key_id = testing::SomeKeyId().str()};
  };
  Client other(options.socket_path);
  auto status = std::async(std::launch::async, [&] { return other.Status(); });
  busy.wait();
  for (auto& done : service.TakeEncrypts()) done(FakeKmsService::GoodEncrypt(""));
  CHECK(running[0].wait_for(milliseconds(2000)) == std::future_status::ready);
  release.count_down();
  CHECK(running[0].get().ok());
  CHECK(status.get().ok());
}

TEST_CASE_FIXTURE(Calls, "Calls: a burst beyond what gRPC has at hand is served whole") {
  options.max_concurrent_encrypt = 100;
  service.hold = true;
  Start();
  const auto peer = ConnectTo(options.socket_path);
  std::string bytes = testing::Http2Opening();
  for (std::uint32_t i = 0; i < 100; ++i) {
    bytes += testing::Http2Rpc(2 * i + 1, "Encrypt", std::string("\x0a\x01p", 3));
  }
  REQUIRE(testing::SendAll(peer.get(), bytes));
  CHECK(service.WaitHeld(100));
  for (auto& done : service.TakeEncrypts()) done(FakeKmsService::GoodEncrypt(""));
  CHECK(telemetry.WaitFinished(100).has_value());
}

TEST_CASE("Calls: completions that race with the end of the drain are answered once or dropped") {
  int answered = 0;
  int interrupted = 0;
  for (int round = 0; round < 20; ++round) {
    Calls harness;
    harness.service.hold = true;
    harness.Start();
    std::vector<std::unique_ptr<Client>> clients;
    std::vector<std::future<grpc::Status>> running;
    for (int i = 0; i < 3; ++i) {
      clients.push_back(std::make_unique<Client>(harness.options.socket_path));
      for (auto& one : harness.Encrypts(*clients.back(), 6)) running.push_back(std::move(one));
    }
    REQUIRE(harness.service.WaitHeld(running.size()));
    auto held = harness.service.TakeEncrypts();
    std::thread completer([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(50 * round));
      for (auto& done : held) done(FakeKmsService::GoodEncrypt(""));
    });
    const auto before = steady_clock::now();
    harness.server->Shutdown(milliseconds(0));
    CHECK(steady_clock::now() - before < milliseconds(1500));
    harness.server.reset();
    completer.join();
    for (auto& one : running) {
      const auto status = one.get();
      const bool known = status.ok() || status.error_code() == grpc::StatusCode::UNAVAILABLE;
      CHECK(known);
      ++(status.ok() ? answered : interrupted);
    }
    CHECK(harness.telemetry.started() == running.size());
    CHECK(harness.telemetry.finished().size() == running.size());
  }
  MESSAGE("answered ", answered, " interrupted ", interrupted);
}

// The drain and its connections end while a thread is about to answer.
TEST_CASE_FIXTURE(Calls, "Calls: shutdown waits for an answer that is being given") {
  service.hold = true;
  std::latch answering(1);
  std::latch release(1);
  telemetry.on_finished = [&] {
    answering.count_down();
    release.wait();
  };
  Start();
  Client client(options.socket_path);
  auto running = Encrypts(client, 1);
  REQUIRE(service.WaitHeld(1));
  std::thread completer([&] {
    for (auto& done : service.TakeEncrypts()) done(FakeKmsService::GoodEncrypt(""));
  });
  answering.wait();
  auto shut = std::async(std::launch::async, [&] {
    server->Shutdown(milliseconds(0));
    server.reset();
  });
  CHECK(running[0].get().error_code() == grpc::StatusCode::UNAVAILABLE);  // it was cut
  CHECK(shut.wait_for(milliseconds(500)) == std::future_status::timeout);
  release.count_down();
  completer.join();
  CHECK(shut.wait_for(milliseconds(2000)) == std::future_status::ready);
  CHECK(telemetry.finished().size() == 1);
}

// Each caller leaves at another moment of its call: before the head is read, before the message,
// before the answer, while it leaves.
TEST_CASE_FIXTURE(Calls, "Calls: a storm of cancels leaves no call and no place behind") {
  options.max_concurrent_encrypt = 8;
  options.max_concurrent_status = 8;
  Start();
  std::atomic<bool> stop{false};
  std::thread completer([&] {
    while (!stop) {
      for (auto& done : service.TakeEncrypts()) done(FakeKmsService::GoodEncrypt(""));
      std::this_thread::yield();
    }
  });
  service.hold = true;
  std::vector<std::thread> peers;
  for (std::uint32_t p = 0; p < 3; ++p) {
    peers.emplace_back([&, p] {
      const auto peer = ConnectTo(options.socket_path);
      CHECK(testing::SendAll(peer.get(), testing::Http2Opening()));
      for (std::uint32_t i = 0; i < 400; ++i) {
        const std::uint32_t stream = 2 * i + 1;
        const bool asks_status = i % 3 == 0;
        const bool finished = i % 4 != 1;
        CHECK(testing::SendAll(
            peer.get(),
            testing::Http2Rpc(stream, asks_status ? "Status" : "Encrypt",
                              asks_status ? "" : std::string("\x0a\x01p", 3), finished)));
        std::this_thread::sleep_for(std::chrono::microseconds(i % 5 * (i * 7 + p) % 1000));
        CHECK(testing::SendAll(peer.get(), testing::Http2Reset(stream)));
      }
    });
  }
  for (auto& peer : peers) peer.join();
  CHECK(testing::Eventually([&] { return telemetry.started() == telemetry.finished().size(); }));
  stop = true;
  completer.join();
  service.TakeEncrypts().clear();
  service.hold = false;
  MESSAGE("begun ", telemetry.started());
  Client client(options.socket_path);
  CHECK(testing::Eventually([&] { return client.Encrypt("p").ok(); }));
  // It waits for every call.
  const auto before = steady_clock::now();
  server->Shutdown(milliseconds(0));
  CHECK(steady_clock::now() - before < milliseconds(1500));
}

}  // namespace
}  // namespace baokms::adapters::grpc_kms
