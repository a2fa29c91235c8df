#include "core/model/key_id.h"

#include <doctest/doctest.h>

#include <string>

#include "core/wire/key_id.h"
#include "tests/support/core/builders.h"

namespace baokms::core {
namespace {

TEST_CASE("KeyId: 48 characters with the prefix and 32 bytes behind it") {
  const KeyId id = KeyId::FromDigest(std::string(32, '\xff'));
  CHECK(id.str().size() == KeyId::kLength);
  CHECK(id.str().starts_with("obk2."));
  const auto parsed = KeyId::Parse(id.str());
  REQUIRE(parsed.has_value());
  CHECK(*parsed == id);
}

TEST_CASE("KeyId: cut at every length or longer it is malformed") {
  const std::string text = testing::IdOf(1).str();
  for (std::size_t length = 0; length < text.size(); ++length) {
    const auto parsed = KeyId::Parse(std::string_view(text).substr(0, length));
    REQUIRE(!parsed.has_value());
    CHECK(parsed.error() == MalformedKeyId());
  }
  CHECK_FALSE(KeyId::Parse(text + "A").has_value());
  CHECK_FALSE(KeyId::Parse(" " + text).has_value());
}

TEST_CASE("KeyId: every bit flip is malformed or another key_id") {
  const std::string text = testing::IdOf(1).str();
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << bit));
      CAPTURE(flipped);
      const auto parsed = KeyId::Parse(flipped);
      if (at < KeyId::kPrefix.size()) CHECK_FALSE(parsed.has_value());
      if (parsed) CHECK(parsed->str() != text);
    }
  }
}

TEST_CASE("KeyId: the last character has no bits that no byte owns") {
  std::string text = KeyId::FromDigest(std::string(32, '\0')).str();
  for (const char last : std::string("BCDFGH-_9")) {
    text.back() = last;
    CHECK_FALSE(KeyId::Parse(text).has_value());
  }
}

TEST_CASE("DeriveKeyId: each part of the identity changes it and the Transit path does not") {
  const ProviderIdentity identity = testing::TestIdentity();
  const auto derive = [](const ProviderIdentity& i) {
    return DeriveKeyId(i, TransitKeyVersion::First(), 1);
  };
  const KeyId id = derive(identity);
  for (std::string ProviderIdentity::* field :
       {&ProviderIdentity::provider_name, &ProviderIdentity::cluster_id,
        &ProviderIdentity::openbao_instance_id, &ProviderIdentity::openbao_namespace,
        &ProviderIdentity::transit_mount_id, &ProviderIdentity::transit_key_lineage_id}) {
    ProviderIdentity other = identity;
    other.*field += "x";
    CHECK(derive(other) != id);
  }
  ProviderIdentity moved = identity;
  moved.transit_mount_path += "x";
  moved.transit_key_name += "x";
  CHECK(derive(moved) == id);
}

TEST_CASE("DeriveKeyId: version and creation second are part of it") {
  const ProviderIdentity identity = testing::TestIdentity();
  const KeyId id = DeriveKeyId(identity, testing::Version(1), 11);
  CHECK(DeriveKeyId(identity, testing::Version(2), 11) != id);
  CHECK(DeriveKeyId(identity, testing::Version(1), 12) != id);
  CHECK(DeriveKeyId(identity, testing::Version(11), 1) != id);
}

TEST_CASE("DeriveKeyId: moving a character across two parts changes it") {
  ProviderIdentity a = testing::TestIdentity();
  ProviderIdentity b = a;
  a.provider_name = "ab", a.cluster_id = "c";
  b.provider_name = "a", b.cluster_id = "bc";
  CHECK(DeriveKeyId(a, testing::Version(1), 1) != DeriveKeyId(b, testing::Version(1), 1));
}

TEST_CASE("TransitKeyVersion: 1 or more and never the implicit latest") {
  CHECK_FALSE(TransitKeyVersion::FromNumber(0));
  CHECK_FALSE(TransitKeyVersion::FromNumber(-1));
  CHECK(testing::Version(7).number() == 7);
  CHECK(testing::Version(7).ToString() == "7");
  CHECK(TransitKeyVersion::First() == testing::Version(1));
}

}  // namespace
}  // namespace baokms::core
