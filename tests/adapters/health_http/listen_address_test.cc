#include "adapters/health_http/listen_address.h"

#include <doctest/doctest.h>

#include <string>

namespace baokms::adapters::health_http {
namespace {

TEST_CASE("ResolveListenAddress: a malformed address is refused") {
  using namespace std::string_literals;
  for (const std::string& address :
       {""s, "127.0.0.1"s, "127.0.0.1:"s, "127.0.0.1:x"s, "127.0.0.1:65536"s, "127.0.0.1:-1"s,
        "127.0.0.1:+1"s, "127.0.0.1:100000"s, "::1:8082"s, "[::1]"s, "[]:1"s, "[::1:1"s,
        "127.0.0.1:0 "s, "127.0.0.1\0:0"s}) {
    const auto targets = ResolveListenAddress(address);
    REQUIRE_FALSE(targets.has_value());
    CHECK_MESSAGE(targets.error() == ListenProblem::kMalformedAddress, address);
  }
}

TEST_CASE("ResolveListenAddress: a host that nobody knows is told") {
  CHECK(ResolveListenAddress("no such host:0").error() == ListenProblem::kUnknownHost);
  CHECK(ResolveListenAddress("[127.0.0.x]:0").error() == ListenProblem::kUnknownHost);
}

TEST_CASE("ResolveListenAddress: the same address is named once") {
  for (const auto* address : {"127.0.0.1:1", "[::1]:1", "[0:0:0:0:0:0:0:1]:1"}) {
    const auto targets = ResolveListenAddress(address);
    REQUIRE(targets.has_value());
    CHECK(targets->addresses.size() == 1);
    CHECK_FALSE(targets->one_is_enough);
  }
  CHECK(ResolveListenAddress("[0::1]:1")->addresses == ResolveListenAddress("[::1]:1")->addresses);
  CHECK(ResolveListenAddress(":1")->one_is_enough);
}

}  // namespace
}  // namespace baokms::adapters::health_http
