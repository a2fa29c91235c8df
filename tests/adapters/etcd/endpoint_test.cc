#include "adapters/etcd/endpoint.h"

#include <doctest/doctest.h>

#include <string>

namespace baokms::adapters::etcd {
namespace {

TEST_CASE("Endpoint: https takes names and addresses, with etcd's port where none is given") {
  const auto name = Endpoint::Parse("https://etcd-1.example.org");
  REQUIRE(name.has_value());
  CHECK(name->tls);
  CHECK(name->host == "etcd-1.example.org");
  CHECK(name->port == 2379);
  const auto address = Endpoint::Parse("https://10.0.0.7:12379/");
  REQUIRE(address.has_value());
  CHECK(address->host == "10.0.0.7");
  CHECK(address->port == 12379);
  const auto address6 = Endpoint::Parse("https://[2001:db8::1]:2381");
  REQUIRE(address6.has_value());
  CHECK(address6->host == "2001:db8::1");
  CHECK(address6->port == 2381);
}

TEST_CASE("Endpoint: an address of IPv6 is one address in whatever text") {
  for (const char* url : {"https://[fd00:0:0:0:0:0:0:10]", "https://[fd00::0010]",
                          "https://[FD00::10]", "https://[fd00:0:0::0.0.0.16]"}) {
    CAPTURE(url);
    const auto endpoint = Endpoint::Parse(url);
    REQUIRE(endpoint.has_value());
    CHECK(endpoint->host == "fd00::10");
  }
}

TEST_CASE("Endpoint: without TLS only a loopback address is taken") {
  for (const char* url : {"http://127.0.0.1:2379", "http://127.8.9.10", "http://[::1]:2379"}) {
    CAPTURE(url);
    const auto endpoint = Endpoint::Parse(url);
    REQUIRE(endpoint.has_value());
    CHECK_FALSE(endpoint->tls);
  }
  // A name may be anybody's; an address that begins alike may be a name.
  for (const char* url : {"http://10.0.0.7:2379", "http://localhost:2379", "http://0.0.0.0:2379",
                          "http://127.0.0.1.example.org", "http://[::]:2379", "http://[fe80::1]"}) {
    CAPTURE(url);
    const auto endpoint = Endpoint::Parse(url);
    REQUIRE_FALSE(endpoint.has_value());
    CHECK(endpoint.error().contains("must be https://"));
  }
}

TEST_CASE("Endpoint: anything else is refused with the shape that is meant") {
  for (const char* url : {"",
                          "127.0.0.1:2379",
                          "unix:///run/etcd",
                          "https://",
                          "https://:2379",
                          "https://a:",
                          "https://a:0",
                          "https://a:65536",
                          "https://a:23x",
                          "https://u@a:1",
                          "https://a/b",
                          "https://a?b",
                          "https://a b",
                          "https://[::1",
                          "https://[]",
                          "https://[a]",
                          "https://[::1]x",
                          "https://[::1]:",
                          "HTTPS://a",
                          "https://a:1:2",
                          "https://a#b",
                          "https://\xc3\xa4"}) {
    CAPTURE(url);
    const auto endpoint = Endpoint::Parse(url);
    REQUIRE_FALSE(endpoint.has_value());
    CHECK(endpoint.error().contains("https://HOST:PORT"));
  }
}

}  // namespace
}  // namespace baokms::adapters::etcd
