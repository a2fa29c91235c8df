// Addresses that cannot be bound at first, hosts with several addresses, and a process without
// descriptors: the server goes on and serves as soon as it can.
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "adapters/health_http/listen_address.h"
#include "tests/adapters/health_http/client.h"
#include "tests/support/no_descriptors.h"

namespace baokms::adapters::health_http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

bool Eventually(milliseconds most, const std::function<bool()>& holds) {
  const auto end = steady_clock::now() + most;
  while (steady_clock::now() < end) {
    if (holds()) return true;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return holds();
}

// What the server tells, in order: the problem's word, or "bound".
struct Told {
  std::vector<std::string> Words() const {
    const std::scoped_lock lock(mutex);
    return words;
  }
  ListenEvents Events() {
    const auto add = [this](std::string word) {
      const std::scoped_lock lock(mutex);
      words.push_back(std::move(word));
    };
    return {.not_bound = [add](ListenProblem problem) { add(std::string(Name(problem))); },
            .bound = [add] { add("bound"); }};
  }
  mutable std::mutex mutex;
  std::vector<std::string> words;
};

std::unique_ptr<HttpServer> Begin(ListenerOptions options, Told& told) {
  options.routes = Word("hello");
  options.limits.bind_again = milliseconds(20);
  auto server = HttpServer::Start(std::move(options), told.Events());
  REQUIRE(server.has_value());
  return *std::move(server);
}

std::string At(const std::string& host, std::uint16_t port) {
  return host + ":" + std::to_string(port);
}

ListenTargets Both(std::uint16_t port) {
  ListenTargets targets;
  for (const auto* host : {"[::1]", "127.0.0.1"}) {
    targets.addresses.push_back(ResolveListenAddress(At(host, port))->addresses.at(0));
  }
  return targets;
}

TEST_CASE("HttpServer: a port in use is told once and bound when it is free") {
  auto other = Serve(Word("other"));
  const std::uint16_t port = other->port();
  Told told;
  const auto server = Begin({.address = At("127.0.0.1", port), .routes = {}}, told);
  CHECK(server->port() == 0);
  CHECK(BodyOf(Get(port, "/word")) == "other");
  std::this_thread::sleep_for(milliseconds(200));
  CHECK(told.Words() == std::vector<std::string>{"address_in_use"});
  other.reset();
  REQUIRE(Eventually(milliseconds(5000), [&] { return server->port() == port; }));
  CHECK(BodyOf(Get(port, "/word")) == "hello");
  std::this_thread::sleep_for(milliseconds(100));
  CHECK(told.Words() == std::vector<std::string>{"address_in_use", "bound"});
}

TEST_CASE("HttpServer: why an address cannot be bound is told apart") {
  const std::pair<std::string, std::string> rows[] = {{"192.0.2.1:0", "address_not_available"},
                                                      {"no such host:0", "unknown_host"},
                                                      {"127.0.0.1", "malformed_address"}};
  for (const auto& [address, word] : rows) {
    Told told;
    const auto server = Begin({.address = address, .routes = {}}, told);
    CHECK(told.Words() == std::vector<std::string>{word});
    CHECK(server->port() == 0);
  }
}

TEST_CASE("HttpServer: a name is served at every address that it has") {
  Told told;
  const auto server = Begin({.address = "localhost:0",
                             .routes = {},
                             .limits = {},
                             .resolve = [](std::string_view) { return Both(0); }},
                            told);
  CHECK(told.Words().empty());
  CHECK(BodyOf(Get(server->port(), "/word")) == "hello");
  CHECK(BodyOf(Client(server->port(), AF_INET6).Ask("GET", "/word")) == "hello");
}

TEST_CASE("HttpServer: an address that the node lacks is none to wait for beside another one") {
  Told told;
  const auto server = Begin(
      {.address = "node:0",
       .routes = {},
       .limits = {},
       .resolve =
           [](std::string_view) {
             ListenTargets targets = *ResolveListenAddress("192.0.2.1:0");
             targets.addresses.push_back(ResolveListenAddress("127.0.0.1:0")->addresses.at(0));
             return targets;
           }},
      told);
  CHECK(BodyOf(Get(server->port(), "/word")) == "hello");
  CHECK(told.Words().empty());
}

TEST_CASE("HttpServer: one address of a name that is in use keeps none of the others waiting") {
  auto other = Serve(Word("other"), {}, "[::1]:0");
  const std::uint16_t port = other->port();
  Told told;
  const auto server = Begin({.address = "name:1",
                             .routes = {},
                             .limits = {},
                             .resolve = [port](std::string_view) { return Both(port); }},
                            told);
  CHECK(BodyOf(Get(port, "/word")) == "hello");
  CHECK(told.Words() == std::vector<std::string>{"address_in_use"});
  other.reset();
  REQUIRE(Eventually(milliseconds(5000), [&] { return told.Words().size() == 2; }));
  CHECK(BodyOf(Client(port, AF_INET6).Ask("GET", "/word")) == "hello");
}

TEST_CASE("HttpServer: a name that is unknown at first is asked for again") {
  std::atomic<bool> known = false;
  Told told;
  const auto server =
      Begin({.address = "node:0",
             .routes = {},
             .limits = {},
             .resolve = [&](std::string_view) -> std::expected<ListenTargets, ListenProblem> {
               if (!known) return std::unexpected(ListenProblem::kUnknownHost);
               return Both(0);
             }},
            told);
  CHECK(told.Words() == std::vector<std::string>{"unknown_host"});
  known = true;
  REQUIRE(Eventually(milliseconds(5000), [&] { return server->port() != 0; }));
  CHECK(BodyOf(Get(server->port(), "/word")) == "hello");
}

TEST_CASE("HttpServer: a resolver that does not answer keeps nobody from ending the server") {
  // Outlives the test, as its thread does.
  struct Resolver {
    std::atomic<int> asked = 0;
    std::promise<void> answer;
  };
  const auto resolver = std::make_shared<Resolver>();
  Told told;
  auto server = Begin(
      {.address = "node:0",
       .routes = {},
       .limits = {},
       .resolve = [resolver](std::string_view) -> std::expected<ListenTargets, ListenProblem> {
         if (++resolver->asked > 1) resolver->answer.get_future().wait();
         return std::unexpected(ListenProblem::kUnknownHost);
       }},
      told);
  REQUIRE(Eventually(milliseconds(5000), [&] { return resolver->asked == 2; }));
  const auto began = steady_clock::now();
  server.reset();
  CHECK(steady_clock::now() - began < milliseconds(1000));
  resolver->answer.set_value();
  std::this_thread::sleep_for(milliseconds(50));
}

TEST_CASE("HttpServer: a wildcard takes both families") {
  for (const auto* address : {":0", "[::]:0"}) {
    const auto server = Serve(Word("hello"), {}, address);
    CHECK(BodyOf(Get(server->port(), "/word")) == "hello");
    CHECK(BodyOf(Client(server->port(), AF_INET6).Ask("GET", "/word")) == "hello");
  }
}

TEST_CASE("HttpServer: without descriptors it waits at rest and then serves who is still there") {
  const auto server = Serve(Word("hello"));
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(client >= 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(server->port());
  milliseconds used{};
  {
    const baokms::testing::NoDescriptors none;
    // The kernel completes it, though nobody can accept it.
    REQUIRE(::connect(client, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    const milliseconds before = baokms::testing::ProcessorTime();
    std::this_thread::sleep_for(milliseconds(1000));
    used = baokms::testing::ProcessorTime() - before;
  }
  CHECK(used < milliseconds(100));
  constexpr std::string_view kAsk = "GET /word HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  REQUIRE(::send(client, kAsk.data(), kAsk.size(), MSG_NOSIGNAL) > 0);
  std::string reply;
  char chunk[1024];
  while (true) {
    const ssize_t got = ::recv(client, chunk, sizeof chunk, 0);
    if (got <= 0) break;
    reply.append(chunk, static_cast<std::size_t>(got));
  }
  ::close(client);
  CHECK(BodyOf(reply) == "hello");
}

}  // namespace
}  // namespace baokms::adapters::health_http
