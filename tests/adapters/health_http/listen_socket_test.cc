#include "adapters/health_http/listen_socket.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/adapters/health_http/client.h"

namespace baokms::adapters::health_http {
namespace {

TEST_CASE("OpenListenSocket: a malformed address is refused") {
  using namespace std::string_literals;
  for (const std::string& address :
       {""s, "127.0.0.1"s, "127.0.0.1:"s, "127.0.0.1:x"s, "127.0.0.1:65536"s, "127.0.0.1:-1"s,
        "127.0.0.1:+1"s, "127.0.0.1:100000"s, "::1:8082"s, "[::1]"s, "[]:1"s, "[::1:1"s,
        "127.0.0.1:0 "s, "127.0.0.1\0:0"s}) {
    const auto socket = OpenListenSocket(address);
    REQUIRE_FALSE(socket.has_value());
    CHECK_MESSAGE(socket.error() == ListenProblem::kMalformedAddress, address);
  }
}

TEST_CASE("OpenListenSocket: hosts that cannot be had are told apart") {
  CHECK(OpenListenSocket("192.0.2.1:0").error() == ListenProblem::kAddressNotAvailable);
  CHECK(OpenListenSocket("no such host:0").error() == ListenProblem::kUnknownHost);
  CHECK(OpenListenSocket("[127.0.0.x]:0").error() == ListenProblem::kUnknownHost);
}

TEST_CASE("OpenListenSocket: an ephemeral port is reported") {
  for (const auto* address : {"127.0.0.1:0", "[::1]:0", "localhost:0"}) {
    const auto socket = OpenListenSocket(address);
    REQUIRE(socket.has_value());
    CHECK(socket->port != 0);
    CHECK(socket->descriptor.valid());
  }
}

TEST_CASE("OpenListenSocket: a wildcard takes both families") {
  for (const auto* address : {":0", "[::]:0"}) {
    const auto server = Serve(Word("hello"), {}, address);
    CHECK(BodyOf(Get(server->port(0), "/word")) == "hello");
    CHECK(BodyOf(Client(server->port(0), AF_INET6).Ask("GET", "/word")) == "hello");
  }
}

TEST_CASE("Advice: every problem says what to do and names no address") {
  for (const auto problem : {ListenProblem::kMalformedAddress, ListenProblem::kUnknownHost,
                             ListenProblem::kAddressInUse, ListenProblem::kAddressNotAvailable,
                             ListenProblem::kNotPermitted, ListenProblem::kFailed}) {
    CHECK(AdviceFor(problem).find(';') != std::string_view::npos);
  }
}

}  // namespace
}  // namespace baokms::adapters::health_http
