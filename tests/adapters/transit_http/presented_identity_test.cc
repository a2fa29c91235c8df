// A request with a client certificate (auth.md, "Certificates"): what the server sees of it, and
// that no other request ever travels with it.
#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <set>

#include "core/model/tls_failure.h"
#include "tests/adapters/cert/made_identity.h"
#include "tests/adapters/transit_http/transport_fixture.h"

namespace baokms::tests {
namespace {

using core::OpenBaoStatus;

struct Presenting {
  TransportFixture fixture;
  core::ClientIdentityRef identity = std::make_shared<const core::ClientIdentity>(MakeIdentity());

  ports::HttpRequest With(core::ClientIdentityRef which) const {
    ports::HttpRequest request = fixture.Post("{}");
    request.identity = std::move(which);
    return request;
  }
};

void ServesEachAlone(int tls_version) {
  Presenting p;
  ScriptedTlsServer server(p.fixture.identity, Always(HttpReplyText(200, "{}")), tls_version);
  p.fixture.Start({server.Url()});
  const core::ClientIdentityRef other =
      std::make_shared<const core::ClientIdentity>(MakeIdentity());
  // Each kind comes first once, and each after a warm connection and session of the other.
  for (int round = 0; round < 2; ++round) {
    CHECK(p.fixture.Call(p.With(p.identity)).has_value());
    CHECK(p.fixture.Call(p.fixture.Get()).has_value());
    CHECK(p.fixture.Call(p.With(other)).has_value());
    CHECK(p.fixture.Call(p.fixture.Get()).has_value());
    CHECK(p.fixture.Call(p.With(p.identity)).has_value());
  }
  const auto seen = server.requests();
  REQUIRE(seen.size() == 10);
  std::set<int> plain_connections;
  std::set<int> presenting_connections;
  int presented = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CAPTURE(i);
    const std::size_t kind = i % 5;
    if (kind == 1 || kind == 3) {
      CHECK(seen[i].client_chain.empty());
      CHECK_FALSE(seen[i].resumed);
      plain_connections.insert(seen[i].connection);
    } else {
      const auto& expected = kind == 2 ? other : p.identity;
      CHECK(seen[i].client_chain == expected->chain_der);
      CHECK_FALSE(seen[i].resumed);
      presenting_connections.insert(seen[i].connection);
      ++presented;
    }
  }
  CHECK(plain_connections.size() == 1);  // the warm one
  CHECK(static_cast<int>(presenting_connections.size()) == presented);
  CHECK_FALSE(presenting_connections.contains(*plain_connections.begin()));
}

TEST_CASE("Client certificate: each request that presents one has a connection of its own") {
  SUBCASE("TLS 1.2") { ServesEachAlone(TLS1_2_VERSION); }
  SUBCASE("TLS 1.3") { ServesEachAlone(TLS1_3_VERSION); }
}

void SharesWhereWanted(int tls_version) {
  Presenting p;
  ScriptedTlsServer server(p.fixture.identity, Always(HttpReplyText(200, "{}")), tls_version);
  p.fixture.Start({server.Url()});
  const auto call = [&](const core::ClientIdentityRef& which) {
    ports::HttpRequest request = p.fixture.Post("{}");
    request.identity_if_wanted = which;
    return p.fixture.Call(std::move(request));
  };
  CHECK(call(p.identity).has_value());
  REQUIRE(server.requests().size() == 1);
  CHECK(server.requests()[0].client_chain.empty());  // nobody asked

  const core::ClientIdentityRef other =
      std::make_shared<const core::ClientIdentity>(MakeIdentity());
  ScriptedTlsServer strict(p.fixture.identity, Always(HttpReplyText(200, "{}")), tls_version);
  strict.RequireClientCertificate(p.identity->chain_der.front());
  p.fixture.Start({strict.Url()});
  for (int i = 0; i < 3; ++i) CHECK(call(p.identity).has_value());
  // One that differs in what it proves never gets the warm connection.
  CHECK(call(other).error() == core::TlsFailed(core::TlsFailure::kOursRefused));
  CHECK(call(nullptr).error() == core::TlsFailed(core::TlsFailure::kWantsCertificate));
  CHECK(call(p.identity).has_value());
  const auto seen = strict.requests();
  REQUIRE(seen.size() == 4);
  for (const SeenRequest& request : seen) {
    CHECK(request.client_chain == p.identity->chain_der);
  }
  CHECK(seen[2].connection == seen[0].connection);
}

TEST_CASE("Client certificate: where a server wants one those who present the same share it") {
  SUBCASE("TLS 1.2") { SharesWhereWanted(TLS1_2_VERSION); }
  SUBCASE("TLS 1.3") { SharesWhereWanted(TLS1_3_VERSION); }
}

TEST_CASE("Client certificate: the whole chain is sent") {
  Presenting p;
  core::ClientIdentity chained = MakeIdentity();
  chained.chain_der.push_back(MakeCertificate({.common_name = "intermediate"}, MakeKey("P-384")));
  chained.chain_der.push_back(MakeCertificate({.common_name = "root"}, MakeKey("RSA-2048")));
  ScriptedTlsServer server(p.fixture.identity, Always(HttpReplyText(200, "{}")));
  p.fixture.Start({server.Url()});
  CHECK(p.fixture.Call(p.With(std::make_shared<const core::ClientIdentity>(chained))).has_value());
  REQUIRE(server.requests().size() == 1);
  CHECK(server.requests()[0].client_chain == chained.chain_der);
}

TEST_CASE("Client certificate: keys of every allowed kind sign for TLS 1.2 and 1.3") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const char* kind : {"RSA-2048", "P-256", "P-384", "P-521", "ED25519"}) {
      CAPTURE(kind);
      CAPTURE(version);
      Presenting p;
      IdentityRecipe recipe{.key_kind = kind};
      if (recipe.key_kind == "ED25519") recipe.digest.clear();
      ScriptedTlsServer server(p.fixture.identity, Always(HttpReplyText(200, "{}")), version);
      p.fixture.Start({server.Url()});
      const auto identity = std::make_shared<const core::ClientIdentity>(MakeIdentity(recipe));
      CHECK(p.fixture.Call(p.With(identity)).has_value());
    }
  }
}

TEST_CASE("Client certificate: one that does not fit its key never reaches the server") {
  Presenting p;
  core::ClientIdentity wrong = MakeIdentity();
  SUBCASE("another key") { wrong.key = MakeKey("P-256"); }
  SUBCASE("a damaged leaf") { wrong.chain_der = {"no certificate"}; }
  SUBCASE("a damaged intermediate") { wrong.chain_der.emplace_back("no certificate"); }
  ScriptedTlsServer server(p.fixture.identity, Always(HttpReplyText(200, "{}")));
  p.fixture.Start({server.Url()});
  const auto reply = p.fixture.Call(p.With(std::make_shared<const core::ClientIdentity>(wrong)));
  CHECK(TransportFixture::StatusOf(reply) == OpenBaoStatus::kTlsFailed);
  CHECK(server.requests().empty());
  // The thread's error queue is clean: the next call does not read it as its own failure.
  CHECK(p.fixture.Call(p.fixture.Get()).has_value());
}

}  // namespace
}  // namespace baokms::tests
