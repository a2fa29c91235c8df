// A page of a listener of ours, and of whatever else may listen; and whether an address could be
// listened at.
#include "adapters/health_http/page_client.h"

#include <doctest/doctest.h>

#include "adapters/health_http/listen_address.h"
#include "adapters/health_http/listen_check.h"
#include "adapters/health_http/listening_sockets.h"
#include "tests/adapters/health_http/client.h"

namespace baokms::adapters::health_http {
namespace {

constexpr std::chrono::milliseconds kMost{3000};

std::unique_ptr<HttpServer> Begin(const std::string& address, std::string body) {
  auto server = HttpServer::Start(
      {.address = address,
       .routes = {{.path = "/page", .content_type = "text/plain", .handler = [body] {
                     return Reply{.status = 503, .body = body};
                   }}}});
  REQUIRE(server.has_value());
  REQUIRE((*server)->port() != 0);
  return *std::move(server);
}

std::string At(const std::string& host, const HttpServer& server) {
  return host + ":" + std::to_string(server.port());
}

TEST_CASE("ReadPage: status and body of a page, also a long one") {
  const std::string body(300'000, 'x');
  const auto server = Begin("127.0.0.1:0", body);
  const auto page = ReadPage(At("127.0.0.1", *server), "/page", kMost);
  REQUIRE(page.has_value());
  CHECK(page->status == 503);
  CHECK(page->body == body);
  CHECK(ReadPage(At("127.0.0.1", *server), "/nowhere", kMost)->status == 404);
}

TEST_CASE("ReadPage: an address for all of the node is asked on the node itself") {
  const auto server = Begin("0.0.0.0:0", "here");
  CHECK(ReadPage(At("0.0.0.0", *server), "/page", kMost)->body == "here");
}

TEST_CASE("ReadPage: nobody who listens and a malformed address are no page") {
  std::string address;
  {
    const auto server = Begin("127.0.0.1:0", "");
    address = At("127.0.0.1", *server);
  }
  CHECK_FALSE(ReadPage(address, "/page", kMost).has_value());
  CHECK_FALSE(ReadPage("127.0.0.1", "/page", kMost).has_value());
}

TEST_CASE("ReadPage: what listens and says nothing costs no more than the time given") {
  ListeningSockets silent;
  silent.Aim(*ResolveListenAddress("127.0.0.1:0"));
  REQUIRE_FALSE(silent.Bind().has_value());
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(ReadPage("127.0.0.1:" + std::to_string(silent.port()), "/",
                       std::chrono::milliseconds(200))
                  .has_value());
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

TEST_CASE("FindListenProblem: an address in use and none and what cannot be bound") {
  const auto server = Begin("127.0.0.1:0", "");
  const std::string address = At("127.0.0.1", *server);
  CHECK(FindListenProblem(address) == ListenProblem::kAddressInUse);
  CHECK(FindListenProblem("192.0.2.1:1") == ListenProblem::kAddressNotAvailable);
  CHECK(FindListenProblem("nonsense") == ListenProblem::kMalformedAddress);
  CHECK(FindListenProblem("127.0.0.1:0") == std::nullopt);
}

TEST_CASE("FindListenProblem: looking disturbs no server that starts meanwhile") {
  ListeningSockets looking(Listening::kNever);
  looking.Aim(*ResolveListenAddress("127.0.0.1:0"));
  REQUIRE_FALSE(looking.Bind().has_value());
  const auto server = HttpServer::Start(
      {.address = "127.0.0.1:" + std::to_string(looking.port()), .routes = {}});
  REQUIRE(server.has_value());
  CHECK((*server)->port() == looking.port());
}

}  // namespace
}  // namespace baokms::adapters::health_http
