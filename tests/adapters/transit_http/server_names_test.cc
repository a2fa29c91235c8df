// Where the names of the configured addresses lead, while DNS works, is slow, or fails
// (request-scheduling.md, "Names").
#include "adapters/transit_http/transport/server_names.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>

#include "tests/adapters/transit_http/transport_fixture.h"

namespace baokms::tests {
namespace {

using adapters::transit_http::IpAddresses;
using adapters::transit_http::ServerNames;
using adapters::transit_http::SystemNameLookup;
using core::OpenBaoStatus;
using Ips = std::vector<std::string>;

struct Names {
  ServerNames names{{"bao.example"}};
  core::MonotonicTime now{1h};

  ServerNames::Answer Ask(bool another = false) { return names.Ask(0, another, now); }
  ServerNames::News Found(IpAddresses ips) { return names.Finished(0, std::move(ips), now); }
};

TEST_CASE("Names: an IP address needs no look-up") {
  for (const char* host : {"127.0.0.1", "::1", "fd00::10"}) {
    ServerNames names({host});
    const auto answer = names.Ask(0, false, {});
    CHECK(answer.ip == host);
    CHECK_FALSE(answer.look_up);
    CHECK_FALSE(answer.wait);
  }
}

TEST_CASE("Names: one look-up at a time, and what it brings holds for a minute") {
  Names n;
  CHECK(n.Ask().look_up);
  CHECK_FALSE(n.Ask().look_up);
  CHECK(n.Ask().wait);
  CHECK(n.Found(Ips{"10.0.0.1"}) == ServerNames::News::kNone);
  CHECK(n.Ask().ip == "10.0.0.1");
  n.now += 59s;
  CHECK_FALSE(n.Ask().look_up);
  n.now += 2s;
  const auto answer = n.Ask();
  CHECK(answer.look_up);
  CHECK(answer.ip == "10.0.0.1");  // it does not wait for it
  CHECK_FALSE(answer.wait);
}

TEST_CASE("Names: a failed look-up is the answer for a moment and is then repeated") {
  Names n;
  n.Ask();
  CHECK(n.Found(std::nullopt) == ServerNames::News::kFailedFirst);
  CHECK_FALSE(n.Ask().ip);
  CHECK_FALSE(n.Ask().wait);
  CHECK_FALSE(n.Ask().look_up);
  n.now += 500ms;
  CHECK(n.Ask().look_up);
  CHECK(n.Ask().wait);
  CHECK(n.Found(std::nullopt) == ServerNames::News::kNone);  // said once
  n.now += 500ms;
  n.Ask();
  CHECK(n.Found(Ips{"10.0.0.1"}) == ServerNames::News::kWorksAgain);
}

TEST_CASE("Names: while DNS fails the last addresses stay whatever their age") {
  Names n;
  n.Ask();
  n.Found(Ips{"10.0.0.1"});
  for (int i = 0; i < 100; ++i) {
    n.now += 61s;
    CHECK(n.Ask().look_up);
    n.Found(std::nullopt);
    CHECK(n.Ask().ip == "10.0.0.1");
  }
}

TEST_CASE("Names: each address has its turn after a failure and one that works stays") {
  Names n;
  n.Ask();
  n.Found(Ips{"10.0.0.1", "10.0.0.2", "10.0.0.3"});
  CHECK(n.Ask().ip == "10.0.0.1");
  CHECK(n.Ask(/*another=*/true).ip == "10.0.0.2");
  n.names.Failed(0, "10.0.0.1");
  CHECK(n.Ask().ip == "10.0.0.2");
  n.names.Failed(0, "10.0.0.1");  // the same news from a slower attempt
  CHECK(n.Ask().ip == "10.0.0.2");
  n.names.Failed(0, "10.0.0.2");
  CHECK(n.Ask().ip == "10.0.0.3");
  n.names.Worked(0, "10.0.0.2");
  CHECK(n.Ask().ip == "10.0.0.2");
  n.now += 61s;
  CHECK(n.Ask().look_up);
  n.Found(Ips{"10.0.0.4", "10.0.0.2"});
  CHECK(n.Ask().ip == "10.0.0.2");
}

TEST_CASE("Names: addresses that cannot be reached are looked up again soon") {
  Names n;
  n.Ask();
  n.Found(Ips{"10.0.0.1"});
  n.now += 2s;
  CHECK_FALSE(n.Ask().look_up);
  n.names.Failed(0, "10.0.0.1");
  CHECK(n.Ask().look_up);
  n.Found(Ips{"10.0.0.9"});
  CHECK(n.Ask().ip == "10.0.0.9");
  n.names.Worked(0, "10.0.0.9");
  n.now += 2s;
  CHECK_FALSE(n.Ask().look_up);
}

TEST_CASE("Names: all are looked up once each name had an answer or a failure") {
  ServerNames names({"a.example", "127.0.0.1", "b.example"});
  CHECK_FALSE(names.AllLookedUp());
  names.Finished(0, Ips{"10.0.0.1"}, {});
  names.Finished(0, Ips{"10.0.0.1"}, {});  // again: the other name still has none
  CHECK_FALSE(names.AllLookedUp());
  names.Finished(2, std::nullopt, {});
  CHECK(names.AllLookedUp());
  CHECK(ServerNames({"127.0.0.1"}).AllLookedUp());
}

TEST_CASE("Names: the system's resolver knows the addresses of this machine") {
  const auto local = SystemNameLookup("localhost");
  REQUIRE(local.has_value());
  CHECK(std::ranges::find(*local, "127.0.0.1") != local->end());
  CHECK_FALSE(SystemNameLookup("does-not-exist.invalid").has_value());
}

// A resolver that the test holds up.
struct SlowResolver {
  std::atomic<int> asked = 0;
  std::atomic<bool> fails = false;
  std::chrono::milliseconds takes{0};

  adapters::transit_http::NameLookup Lookup() {
    return [this](const std::string&) -> IpAddresses {
      ++asked;
      std::this_thread::sleep_for(takes);
      if (fails) return std::nullopt;
      return Ips{"127.0.0.1"};
    };
  }
};

TEST_CASE("Names: a slow name server delays the first call and no other") {
  SlowResolver resolver{.takes = 700ms};
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Ok());
  fixture.options.lookup = resolver.Lookup();
  fixture.Start({server.Url("localhost")});
  const auto first = fixture.Call(fixture.Post("{}", 300ms));
  CHECK_FALSE(first.has_value());  // its budget ended before the look-up did
  REQUIRE(fixture.Call(fixture.Post("{}", 2s)).has_value());
  const auto began = std::chrono::steady_clock::now();
  REQUIRE(fixture.Call(fixture.Post("{}", 2s)).has_value());
  CHECK(std::chrono::steady_clock::now() - began < 100ms);
  CHECK(resolver.asked == 1);
}

TEST_CASE("Names: who waits for the names first spends no time of a call on them") {
  SlowResolver resolver{.takes = 700ms};
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Ok());
  fixture.options.lookup = resolver.Lookup();
  const auto& transport = fixture.Start({server.Url("localhost")});
  transport.AwaitNames(10ms);  // its own bound
  CHECK_FALSE(fixture.Call(fixture.Post("{}", 100ms)).has_value());
  transport.AwaitNames(10s);
  REQUIRE(fixture.Call(fixture.Post("{}", 500ms)).has_value());
  CHECK(resolver.asked == 1);
}

TEST_CASE("Names: of IP addresses alone none is waited for") {
  TransportFixture fixture;
  const auto began = std::chrono::steady_clock::now();
  fixture.Start({"https://127.0.0.1:1"}).AwaitNames(10s);
  CHECK(std::chrono::steady_clock::now() - began < 2s);
}

TEST_CASE("Names: a call waits for a look-up that is under way and then fails with it") {
  SlowResolver resolver{.fails = true, .takes = 100ms};
  TransportFixture fixture;
  fixture.options.lookup = resolver.Lookup();
  fixture.Start({"https://localhost:1"});
  CHECK(TransportFixture::StatusOf(fixture.Call(fixture.Get(600ms))) == OpenBaoStatus::kDnsFailed);
  CHECK(fixture.telemetry.lookups_failed == 1);
}

TEST_CASE("Names: of several addresses the one that answers is found within the call") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Ok());
  // Nothing listens on 127.0.0.2.
  fixture.options.lookup = [](const std::string&) {
    return IpAddresses(Ips{"127.0.0.2", "127.0.0.1"});
  };
  fixture.Start({server.Url("localhost")});
  for (int i = 0; i < 3; ++i) REQUIRE(fixture.Call(fixture.Post("{}", 2s)).has_value());
  CHECK(fixture.Superseded().size() == 1);
}

}  // namespace
}  // namespace baokms::tests
