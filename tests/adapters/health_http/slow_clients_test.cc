#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "adapters/health_http/http_server.h"
#include "tests/adapters/health_http/client.h"

namespace baokms::adapters::health_http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

const std::string kRequest = "GET /word HTTP/1.1\r\nHost: x\r\nX-Slow: ";

struct Latency {
  milliseconds median;
  milliseconds slowest;
};

Latency LatencyOf(std::uint16_t port) {
  std::vector<milliseconds> took;
  for (int i = 0; i < 21; ++i) {
    const auto began = SteadyClock::now();
    CHECK(StatusOf(Get(port, "/word")) == 200);
    took.push_back(std::chrono::duration_cast<milliseconds>(SteadyClock::now() - began));
    std::this_thread::sleep_for(milliseconds(20));
  }
  std::ranges::sort(took);
  return {.median = took[took.size() / 2], .slowest = took.back()};
}

// The median, because the machine that runs the test may be busy; a server that waits for its slow
// clients shows in both.
void CheckPrompt(std::uint16_t port) {
  const Latency latency = LatencyOf(port);
  CHECK(latency.median < milliseconds(100));
  CHECK(latency.slowest < milliseconds(1000));
}

// Clients that send one byte at a time, all of them for as long as this object lives.
class Drippers {
 public:
  Drippers(std::uint16_t port, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) clients_.emplace_back(port);
    thread_ = std::thread([this] {
      for (std::size_t at = 0; !done_; ++at) {
        const std::string_view byte =
            at < kRequest.size() ? std::string_view(kRequest).substr(at, 1) : std::string_view("x");
        for (const Client& client : clients_) static_cast<void>(client.Send(byte));
        std::this_thread::sleep_for(milliseconds(10));
      }
    });
  }
  ~Drippers() {
    done_ = true;
    thread_.join();
  }

 private:
  std::vector<Client> clients_;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

TEST_CASE("Slow clients: 64 that drip do not delay anybody") {
  const auto server = Serve(Word("hello"));
  const Drippers drippers(server->port(), 64);
  CheckPrompt(server->port());
}

TEST_CASE("Slow clients: 500 that drip cannot hold all places") {
  const auto server = Serve(Word("hello"));
  const Drippers drippers(server->port(), 500);
  CheckPrompt(server->port());
}

TEST_CASE("Headers: dripping is cut after the total time, not after a pause") {
  const auto server = Serve(Word("hello"), {.headers = milliseconds(500)});
  const Client client(server->port());
  const auto began = SteadyClock::now();
  std::atomic<bool> done{false};
  std::thread drip([&] {
    static_cast<void>(client.Send(kRequest));
    while (!done) {
      static_cast<void>(client.Send("x"));
      std::this_thread::sleep_for(milliseconds(10));
    }
  });
  CHECK(client.TimeToClose(seconds(5)) < milliseconds(1000));
  CHECK(SteadyClock::now() - began >= milliseconds(450));
  done = true;
  drip.join();
}

TEST_CASE("Headers: a silent connection is cut too") {
  const auto server = Serve(Word("hello"), {.headers = milliseconds(300)});
  const Client client(server->port());
  const auto took = client.TimeToClose(seconds(5));
  CHECK(took >= milliseconds(250));
  CHECK(took < milliseconds(800));
}

TEST_CASE("Headers: a second request on a connection has no more time than the first") {
  const auto server = Serve(Word("hello"), {.headers = milliseconds(300), .idle = seconds(60)});
  const Client client(server->port());
  CHECK(StatusOf(client.Ask("GET", "/word")) == 200);
  std::this_thread::sleep_for(milliseconds(600));  // idle for longer than headers may take
  CHECK(StatusOf(client.Ask("GET", "/word")) == 200);
  REQUIRE(client.Send("GET /wo"));
  CHECK(client.TimeToClose(seconds(5)) < milliseconds(900));
}

TEST_CASE("Idle: a connection without a next request is cut") {
  const auto server = Serve(Word("hello"), {.headers = seconds(60), .idle = milliseconds(400)});
  const Client client(server->port());
  CHECK(StatusOf(client.Ask("GET", "/word")) == 200);
  const auto took = client.TimeToClose(seconds(5));
  CHECK(took >= milliseconds(350));
  CHECK(took < milliseconds(1000));
}

TEST_CASE("Reply: a client that does not read is cut") {
  // Larger than both sockets' buffers.
  const auto server = Serve(Word(std::string(16 * 1024 * 1024, 'x')),
                            {.headers = seconds(60), .write = milliseconds(400)});
  const Client client(server->port(), AF_INET, 4096);
  REQUIRE(client.Send("GET /word HTTP/1.1\r\nHost: x\r\n\r\n"));
  std::this_thread::sleep_for(milliseconds(1000));
  // What was buffered may still be read; then comes the end, long before the 16 MiB.
  CHECK(client.Receive().size() < 15 * 1024 * 1024);
}

TEST_CASE("Limit: the oldest connection without a request under way makes room") {
  const auto server = Serve(Word("hello"), {.headers = seconds(60), .connections = 4});
  std::vector<Client> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(server->port());
    CHECK(StatusOf(clients.back().Ask("GET", "/word")) == 200);
  }
  const Client fifth(server->port());
  CHECK(StatusOf(fifth.Ask("GET", "/word")) == 200);
  CHECK(clients[0].TimeToClose(seconds(2)) < seconds(2));
  for (std::size_t i = 1; i < 4; ++i) CHECK(StatusOf(clients[i].Ask("GET", "/word")) == 200);
}

}  // namespace
}  // namespace baokms::adapters::health_http
