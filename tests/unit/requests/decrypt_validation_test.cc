#include "core/requests/decrypt_validation.h"

#include <doctest/doctest.h>

#include <string>

#include "core/requests/kms_service.h"
#include "core/rotation/key_view.h"
#include "core/text/base64.h"
#include "core/wire/annotations.h"
#include "core/wire/transit_ciphertext.h"
#include "tests/support/core/decrypt_requests.h"

namespace baokms::core {
namespace {

using testing::GoodRequest;

Error FormRefusal(DecryptRequest request) {
  const auto checked = WellFormedDecrypt::Check(std::move(request));
  REQUIRE(!checked.has_value());
  return checked.error();
}

Result<ValidatedDecrypt> Validate(DecryptRequest request, const Registry& registry) {
  auto checked = WellFormedDecrypt::Check(std::move(request));
  REQUIRE(checked.has_value());
  return ValidatedDecrypt::Check(*checked, *BuildKeySet(registry, "v0.1.0"));
}

TEST_CASE("Decrypt check: a request of each decryptable state is valid") {
  using enum SnapshotState;
  const Registry registry =
      testing::RegistryOf({testing::Snapshot(2, kActive), testing::Snapshot(3, kPending),
                           testing::Snapshot(1, kRetired)});
  for (const std::int64_t version : {1, 2, 3}) {
    const auto valid = Validate(GoodRequest(version), registry);
    REQUIRE(valid.has_value());
    CHECK(valid->ciphertext().bytes() == GoodRequest(version).ciphertext);
    CHECK(valid->key().snapshot.version.number() == version);
  }
}

TEST_CASE("Decrypt check: limits are those of the contract to the byte") {
  DecryptRequest request = GoodRequest(1);
  request.ciphertext = "";
  CHECK(FormRefusal(request) == EmptyCiphertext());
  request = GoodRequest(1);
  request.ciphertext = std::string(1023, 'c');
  CHECK(WellFormedDecrypt::Check(request).has_value());
  request.ciphertext += 'c';
  CHECK(FormRefusal(request) == RequestTooLarge());
  request = GoodRequest(1);
  request.key_id = std::string(1023, 'k');
  CHECK(FormRefusal(request) == MalformedKeyId());
  request.key_id += 'k';
  CHECK(FormRefusal(request) == RequestTooLarge());
  request = GoodRequest(1);
  std::size_t bytes = 0;
  for (const auto& [key, value] : request.annotations) bytes += key.size() + value.size();
  request.annotations["a.b"] = std::string(32767 - bytes - 3, 'v');
  CHECK(WellFormedDecrypt::Check(request).has_value());
  request.annotations["a.b"] += 'v';
  CHECK(FormRefusal(request) == RequestTooLarge());
}

TEST_CASE("Decrypt check: an empty key_id is malformed") {
  DecryptRequest request = GoodRequest(1);
  request.key_id = "";
  CHECK(FormRefusal(request) == MalformedKeyId());
}

TEST_CASE("Decrypt check: annotation keys and values are UTF-8") {
  DecryptRequest request = GoodRequest(1);
  request.annotations["a.b"] = "\xff";
  CHECK(FormRefusal(request) == InvalidAnnotations());
  request = GoodRequest(1);
  request.annotations["\xff.b"] = "v";
  CHECK(FormRefusal(request) == InvalidAnnotations());
}

TEST_CASE("Decrypt check: sizes come before UTF-8 and UTF-8 before key_id and that before form") {
  DecryptRequest request = GoodRequest(1);
  request.annotations["not-an-fqdn"] = "v";
  CHECK(FormRefusal(request) == InvalidAnnotations());
  request.key_id = "junk";
  CHECK(FormRefusal(request) == MalformedKeyId());
  request.annotations["a.b"] = "\xff";
  CHECK(FormRefusal(request) == InvalidAnnotations());
  request.ciphertext = std::string(1024, 'c');
  CHECK(FormRefusal(request) == RequestTooLarge());
}

TEST_CASE(
    "Decrypt check: a key_id that no record decrypts is unknown and the request stays whole") {
  auto checked = WellFormedDecrypt::Check(GoodRequest(2));
  REQUIRE(checked.has_value());
  const auto unknown =
      ValidatedDecrypt::Check(*checked, *BuildKeySet(testing::FirstRegistry(), "v0.1.0"));
  REQUIRE(!unknown.has_value());
  CHECK(unknown.error() == UnknownKeyId());
  const Registry later = testing::RegistryOf({testing::Snapshot(1, SnapshotState::kActive),
                                              testing::Snapshot(2, SnapshotState::kPending)});
  const auto found = ValidatedDecrypt::Check(*checked, *BuildKeySet(later, "v0.1.0"));
  REQUIRE(found.has_value());
  CHECK(found->ciphertext().bytes() == GoodRequest(2).ciphertext);
}

TEST_CASE("Decrypt check: removed and rejected records never decrypt") {
  using enum SnapshotState;
  for (const SnapshotState state : {kRemoved, kRejected}) {
    const auto refused =
        Validate(GoodRequest(1),
                 testing::RegistryOf({testing::Snapshot(2, kActive), testing::Snapshot(1, state)}));
    REQUIRE(!refused.has_value());
    CHECK(refused.error() == UnknownKeyId());
  }
}

TEST_CASE("Decrypt check: annotations of another version or cluster are a mismatch") {
  DecryptRequest request = GoodRequest(1);
  request.annotations = GoodRequest(2).annotations;
  auto refused = Validate(request, testing::FirstRegistry());
  REQUIRE(!refused.has_value());
  CHECK(refused.error() == AnnotationsMismatch());
}

TEST_CASE("Decrypt check: the mismatch is told before the ciphertext is judged") {
  DecryptRequest request = GoodRequest(1);
  request.annotations = GoodRequest(2).annotations;
  request.ciphertext = "vault:v2:AAAA";
  const auto refused = Validate(request, testing::FirstRegistry());
  REQUIRE(!refused.has_value());
  CHECK(refused.error() == AnnotationsMismatch());
}

TEST_CASE("Decrypt check: a ciphertext of another version never passes") {
  for (const std::string& prefix :
       {std::string("vault:v2:"), std::string("vault:v11:"), std::string("vault:v01:"),
        std::string("vault:v1"), std::string("Vault:v1:"), std::string("vault:V1:"),
        std::string("vault:v:"), std::string(" vault:v1:"), std::string("")}) {
    CAPTURE(prefix);
    DecryptRequest request = GoodRequest(1);
    request.ciphertext = prefix + Base64Encode(std::string(40, 'c'));
    const auto refused = Validate(request, testing::FirstRegistry());
    REQUIRE(!refused.has_value());
    CHECK(refused.error() == InvalidCiphertext());
  }
}

TEST_CASE("Ciphertext: strict base64 of nonce and one byte and tag at least") {
  const TransitKeyVersion one = TransitKeyVersion::First();
  const auto of = [&](std::size_t body) {
    return PlaintextBytesOf("vault:v1:" + Base64Encode(std::string(body, 'c')), one);
  };
  CHECK(of(28) == std::nullopt);
  for (const std::size_t plaintext : {1U, 2U, 3U, 32U, 731U})
    CHECK(of(28 + plaintext) == plaintext);
  CHECK(PlaintextBytesOf("vault:v1:", one) == std::nullopt);
  const std::string good = "vault:v1:" + Base64Encode(std::string(31, 'c'));
  CHECK(PlaintextBytesOf(good, one) == 3);
  for (std::size_t cut = 1; cut <= good.size(); ++cut) {
    const std::string text = good.substr(0, good.size() - cut);
    const auto body = text.size() > 9 ? Base64DecodedLength(text.substr(9)) : std::nullopt;
    CHECK(PlaintextBytesOf(text, one).has_value() == (body && *body >= 29));
  }
  CHECK_FALSE(PlaintextBytesOf(good + "\n", one));
  CHECK_FALSE(PlaintextBytesOf(good + "=", one));
}

TEST_CASE("MaxPlaintextBytes: 731 at one digit and what still fits at more") {
  CHECK(MaxPlaintextBytes(testing::Version(1)) == 731);
  CHECK(MaxPlaintextBytes(testing::Version(9)) == 731);
  for (const std::int64_t number : {1L, 10L, 100L, 1000L, 9223372036854775807L}) {
    const auto version = testing::Version(number);
    const auto fits = [&](std::size_t plain) {
      return CiphertextPrefix(version).size() + Base64Length(plain + 28) <= kMaxCiphertextBytes;
    };
    CHECK(fits(MaxPlaintextBytes(version)));
    CHECK_FALSE(fits(MaxPlaintextBytes(version) + 1));
  }
}

}  // namespace
}  // namespace baokms::core
