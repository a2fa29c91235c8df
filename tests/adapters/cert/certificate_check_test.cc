// auth.md, "Certificates": the local checks, each by its own bad certificate.
#include "adapters/cert/certificate_check.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/adapters/cert/made_identity.h"

namespace baokms::tests {
namespace {

using adapters::cert::CertificateExpectations;
using adapters::cert::CertificateFacts;
using adapters::cert::CertificateProblem;
using adapters::cert::SignatureVerifies;
using namespace std::chrono_literals;

constexpr core::UnixSeconds kStart = 1'700'000'000;
constexpr core::UnixSeconds kEnd = 1'700'864'000;
constexpr core::UnixSeconds kNow = kStart + 3600;

using Checked = std::expected<CertificateFacts, CertificateProblem>;

Checked Check(const core::ClientIdentity& identity, core::UnixSeconds now = kNow,
              CertificateExpectations expected = {.clock_skew_leeway = 30s,
                                                  .min_remaining_ttl = 24h}) {
  return CheckCertificate(identity, expected, now);
}

std::string Word(const Checked& checked) {
  return checked ? "ok" : std::to_string(static_cast<int>(checked.error()));
}

void Refuses(const Checked& checked, CertificateProblem problem) {
  CHECK(Word(checked) == std::to_string(static_cast<int>(problem)));
}

TEST_CASE("Certificate: a good one passes with its expiry and whether it has a Common Name") {
  for (const char* kind : {"RSA-2048", "P-256", "P-384", "P-521", "ED25519"}) {
    CAPTURE(kind);
    IdentityRecipe recipe{.key_kind = kind};
    if (recipe.key_kind == "ED25519") recipe.digest.clear();
    const core::ClientIdentity identity = MakeIdentity(recipe);
    const auto facts = Check(identity);
    REQUIRE(facts.has_value());
    CHECK(facts->expires_at == kEnd);
    CHECK(facts->has_common_name);
    CHECK(SignatureVerifies(identity));
  }
  const auto nameless = Check(MakeIdentity({.common_name = ""}));
  REQUIRE(nameless.has_value());
  CHECK_FALSE(nameless->has_common_name);
}

TEST_CASE("Certificate: when it expires is read whatever else is wrong with it") {
  using adapters::cert::ExpiryOf;
  core::ClientIdentity identity = MakeIdentity({.key_kind = "P-256"});
  CHECK(ExpiryOf(identity) == kEnd);
  Refuses(Check(identity, kEnd + 1000), CertificateProblem::kExpired);
  identity.chain_der.front() += "x";
  CHECK(ExpiryOf(identity) == std::nullopt);
  identity.chain_der.clear();
  CHECK(ExpiryOf(identity) == std::nullopt);
}

TEST_CASE("Certificate: the validity window counts with the leeway and to the second") {
  const core::ClientIdentity identity = MakeIdentity();
  CHECK(Check(identity, kStart - 30).has_value());
  Refuses(Check(identity, kStart - 31), CertificateProblem::kNotYetValid);
  CHECK(Check(identity, kEnd - 86401).has_value());
  Refuses(Check(identity, kEnd - 86400), CertificateProblem::kNearExpiry);
  Refuses(Check(identity, kEnd + 30), CertificateProblem::kNearExpiry);
  Refuses(Check(identity, kEnd + 31), CertificateProblem::kExpired);
}

TEST_CASE("Certificate: an extended key usage must allow clients and an absent one allows all") {
  Refuses(Check(MakeIdentity({.extended_key_usage = "serverAuth"})),
          CertificateProblem::kNoClientAuth);
  Refuses(Check(MakeIdentity({.extended_key_usage = "emailProtection,codeSigning"})),
          CertificateProblem::kNoClientAuth);
  CHECK(Check(MakeIdentity({.extended_key_usage = "serverAuth,clientAuth"})).has_value());
  CHECK(Check(MakeIdentity({.extended_key_usage = "anyExtendedKeyUsage"})).has_value());
  CHECK(Check(MakeIdentity({.extended_key_usage = ""})).has_value());
}

TEST_CASE("Certificate: a key usage must allow signing and an absent one allows all") {
  Refuses(Check(MakeIdentity({.key_usage = "keyEncipherment,keyAgreement"})),
          CertificateProblem::kNoSigning);
  CHECK(Check(MakeIdentity({.key_usage = "digitalSignature,keyEncipherment"})).has_value());
  CHECK(Check(MakeIdentity({.key_usage = ""})).has_value());
}

TEST_CASE("Certificate: a weak signature anywhere in the chain is refused") {
  for (const char* digest : {"MD5", "SHA1"}) {
    CAPTURE(digest);
    const IdentityRecipe weak{.key_kind = "RSA-2048", .digest = digest};
    Refuses(Check(MakeIdentity(weak)), CertificateProblem::kWeakSignature);
    core::ClientIdentity identity = MakeIdentity();
    identity.chain_der.push_back(MakeCertificate({.digest = "SHA384"}, MakeKey("P-384")));
    CHECK(Check(identity).has_value());
    identity.chain_der.push_back(MakeCertificate(weak, MakeKey("RSA-2048")));
    Refuses(Check(identity), CertificateProblem::kWeakSignature);
  }
  Refuses(Check(MakeIdentity({.digest = "SHA1"})), CertificateProblem::kWeakSignature);
}

TEST_CASE("Certificate: weak and unusual keys are refused") {
  for (const char* kind : {"RSA-1024", "RSA-2040", "P-224", "secp256k1"}) {
    CAPTURE(kind);
    Refuses(Check(MakeIdentity({.key_kind = kind})), CertificateProblem::kWeakKey);
  }
  Refuses(Check(MakeIdentity({.key_kind = "ED448", .digest = ""})), CertificateProblem::kWeakKey);
}

TEST_CASE("Certificate: the key must be the leaf's") {
  core::ClientIdentity identity = MakeIdentity();
  identity.key = MakeKey("P-256");
  Refuses(Check(identity), CertificateProblem::kKeyMismatch);
  CHECK_FALSE(SignatureVerifies(identity));
  identity.key = MakeKey("RSA-2048");
  Refuses(Check(identity), CertificateProblem::kKeyMismatch);
  CHECK_FALSE(SignatureVerifies(identity));
}

TEST_CASE("Certificate: a chain that does not parse is refused whole") {
  core::ClientIdentity identity = MakeIdentity();
  const std::string leaf = identity.chain_der.front();
  identity.chain_der = {};
  Refuses(Check(identity), CertificateProblem::kNotParsed);
  for (std::size_t cut = 0; cut < leaf.size(); cut += 7) {
    identity.chain_der = {leaf.substr(0, cut)};
    Refuses(Check(identity), CertificateProblem::kNotParsed);
  }
  identity.chain_der = {leaf + "x"};
  Refuses(Check(identity), CertificateProblem::kNotParsed);
  identity.chain_der = {leaf, "not a certificate"};
  Refuses(Check(identity), CertificateProblem::kNotParsed);
}

}  // namespace
}  // namespace baokms::tests
