// auth.md, "adapters/spiffe X.509-SVID": one reply of FetchX509SVID.
#include "adapters/spiffe/x509_svid.h"

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <functional>

#include "tests/adapters/spiffe/agent.h"

namespace baokms::adapters::spiffe {
namespace {

using testing::X509Message;
using testing::X509SvidEntry;

std::expected<core::ClientIdentityRef, AgentProblem> Read(const std::string& message) {
  return ReadX509Svid(core::Secret::Copy(message), kId);
}

std::string LeafOf(const std::expected<core::ClientIdentityRef, AgentProblem>& read) {
  REQUIRE(read);
  REQUIRE((*read)->key != nullptr);
  return (*read)->chain_der.front();
}

TEST_CASE("X.509-SVID: the configured identity is picked among several of several domains") {
  const SvidAuthority ours("example.org");
  const SvidAuthority theirs("example.com");
  const X509SvidEntry wanted = ours.Issue(kId);
  X509SvidEntry hinted = ours.Issue("spiffe://example.org/kms/other");
  hinted.hint = "internal";
  const std::string message =
      X509Message({theirs.Issue("spiffe://example.com/kms"), hinted,
                   ours.Issue("spiffe://example.org/km"), wanted, ours.Issue(kId)},
                  {{"example.com", theirs.bundle_der()}, {"broken.example", "no certificate"}});
  CHECK(LeafOf(Read(message)) == wanted.chain_der);
}

TEST_CASE("X.509-SVID: the chain keeps its intermediates and its order") {
  const SvidAuthority authority("example.org");
  X509SvidEntry entry = authority.Issue(kId);
  const std::string leaf = entry.chain_der;
  entry.chain_der += authority.bundle_der();
  const auto read = Read(X509Message({entry}));
  REQUIRE(read);
  CHECK((*read)->chain_der == std::vector<std::string>{leaf, authority.bundle_der()});
}

TEST_CASE("X.509-SVID: keys of every kind are read") {
  const SvidAuthority authority("example.org");
  for (const auto kind : {emulator::SigningKeyKind::kEcP256, emulator::SigningKeyKind::kRsa2048,
                          emulator::SigningKeyKind::kEd25519}) {
    emulator::LeafRequest request;
    request.key_kind = kind;
    CHECK(Read(X509Message({authority.Issue(kId, request)})).has_value());
  }
}

TEST_CASE("X.509-SVID: what is not exactly this identity is refused by its cause") {
  const SvidAuthority authority("example.org");
  const X509SvidEntry good = authority.Issue(kId);
  const X509SvidEntry other = authority.Issue("spiffe://example.org/other");
  const auto changed = [&](const std::function<void(X509SvidEntry&)>& change) {
    X509SvidEntry entry = good;
    change(entry);
    return X509Message({entry});
  };
  const auto named = [&](std::vector<std::string> uris, bool ca = false) {
    emulator::LeafRequest request;
    request.uri_sans = std::move(uris);
    request.authority = ca;
    return X509Message({authority.Issue(kId, request)});
  };
  const auto nameless = [&] {
    emulator::LeafRequest request;
    request.dns_sans = {"kms.example.org"};
    request.uri_sans = {"spiffe://example.org/kms/"};
    return X509Message({authority.Issue(kId, request)});
  };
  REQUIRE(Read(X509Message({good})).has_value());
  const std::string broken = good.chain_der.substr(0, good.chain_der.size() - 1);
  struct {
    std::string message;
    AgentProblem problem;
  } const cases[] = {
      {"", AgentProblem::kUnreadable},
      {"nonsense", AgentProblem::kUnreadable},
      {X509Message({good}) + "\n", AgentProblem::kUnreadable},
      {X509Message({other}), AgentProblem::kOtherIdentity},
      {changed([](auto& e) { e.chain_der.clear(); }), AgentProblem::kDamaged},
      {changed([&](auto& e) { e.chain_der = broken; }), AgentProblem::kDamaged},
      {changed([](auto& e) { e.chain_der += "x"; }), AgentProblem::kDamaged},
      {changed([&](auto& e) { e.chain_der = "x" + e.chain_der; }), AgentProblem::kDamaged},
      {changed([](auto& e) { e.key_der.clear(); }), AgentProblem::kDamaged},
      {changed([](auto& e) { e.key_der += "x"; }), AgentProblem::kDamaged},
      {changed([](auto& e) { e.key_der.pop_back(); }), AgentProblem::kDamaged},
      {changed([&](auto& e) { e.key_der = other.key_der; }), AgentProblem::kKeyMismatch},
      {changed([&](auto& e) { e.chain_der = other.chain_der; }), AgentProblem::kWrongName},
      {named({kId, "spiffe://example.org/second"}), AgentProblem::kWrongName},
      {named({"spiffe://example.org/second", kId}), AgentProblem::kWrongName},
      {named({kId, kId}), AgentProblem::kWrongName},
      {named({std::string(kId) + "/below"}), AgentProblem::kWrongName},
      {named({"spiffe://EXAMPLE.org/kms"}), AgentProblem::kWrongName},
      {nameless(), AgentProblem::kWrongName},
      {named({kId}, /*ca=*/true), AgentProblem::kAuthority},
  };
  int number = 0;
  for (const auto& c : cases) {
    CAPTURE(number++);
    const auto read = Read(c.message);
    REQUIRE_FALSE(read.has_value());
    CHECK(static_cast<int>(read.error()) == static_cast<int>(c.problem));
    CHECK(ERR_peek_error() == 0);
  }
}

TEST_CASE("X.509-SVID: a message cut anywhere gives no identity") {
  const SvidAuthority authority("example.org");
  const std::string message = X509Message({authority.Issue(kId)});
  for (std::size_t length = 0; length < message.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(Read(message.substr(0, length)).has_value());
  }
}

}  // namespace
}  // namespace baokms::adapters::spiffe
