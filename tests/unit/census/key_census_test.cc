#include "core/census/key_census.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/etcd/stored_envelope.h"

namespace baokms::core {
namespace {

using ::baokms::testing::KeyIdNumber;
using ::baokms::testing::ValueOf;
using Group = KeyCensus::Group;

KeyId Id(int number) { return *KeyId::Parse(KeyIdNumber(number)); }

KeyCensus CensusOf(std::vector<KeyId> recorded = {}) {
  return KeyCensus(
      {.prefix = "/registry/", .provider_name = "openbao", .recorded = std::move(recorded)});
}

std::uint64_t Total(const KeyCensus::Groups& groups) {
  std::uint64_t total = 0;
  for (const auto& [group, objects] : groups) total += objects;
  return total;
}

void CheckAddsUp(const KeyCensus& census) {
  CHECK(Total(census.encrypted()) + Total(census.plaintext()) + Total(census.other_providers()) +
            Total(census.malformed()) ==
        census.keys_scanned());
}

TEST_CASE("Key census: each object is counted once and in its list") {
  KeyCensus census = CensusOf();
  census.Count("/registry/secrets/a/1", ValueOf({.key_id = KeyIdNumber(1)}));
  census.Count("/registry/secrets/a/2", ValueOf({.key_id = KeyIdNumber(1)}));
  census.Count("/registry/secrets/a/3", ValueOf({.key_id = KeyIdNumber(2)}));
  census.Count("/registry/configmaps/a/3", ValueOf({.key_id = KeyIdNumber(2)}));
  census.Count("/registry/secrets/a/4", ValueOf({.provider_name = "hsm", .key_id = "k"}));
  census.Count("/registry/secrets/a/5", "k8s:enc:aescbc:v1:key1:x");
  census.Count("/registry/pods/a/1", std::string("k8s\0x", 5));
  census.Count("/registry/pods/a/2", "{}");
  census.Count("/registry/secrets/a/6", "k8s:enc:kms:v2:openbao:x");
  CHECK(census.keys_scanned() == 9);
  CheckAddsUp(census);
  const auto group = [](const char* resource, const char* provider, const std::string& key_id) {
    return Group{.kind = "", .provider_name = provider, .resource = resource, .key_id = key_id};
  };
  CHECK(census.encrypted() == KeyCensus::Groups{{group("secrets", "openbao", KeyIdNumber(1)), 2},
                                                {group("secrets", "openbao", KeyIdNumber(2)), 1},
                                                {group("configmaps", "openbao", KeyIdNumber(2)), 1},
                                                {group("secrets", "hsm", "k"), 1}});
  CHECK(census.plaintext() == KeyCensus::Groups{{group("pods", "", ""), 2}});
  CHECK(census.malformed() == KeyCensus::Groups{{group("secrets", "", ""), 1}});
  CHECK(census.other_providers() ==
        KeyCensus::Groups{
            {{.kind = "aescbc:v1", .provider_name = "key1", .resource = "secrets", .key_id = ""},
             1}});
}

TEST_CASE("Key census: a recorded version is referred to under whatever provider name") {
  KeyCensus census = CensusOf({Id(1), Id(2), Id(3)});
  census.Count("/registry/secrets/a/1", ValueOf({.key_id = KeyIdNumber(1)}));
  census.Count("/registry/secrets/a/2",
               ValueOf({.provider_name = "renamed", .key_id = KeyIdNumber(2)}));
  census.Count("/registry/secrets/a/3", ValueOf({.key_id = KeyIdNumber(2)}));
  CHECK(census.ObjectsUnder(Id(1)) == 1);
  CHECK(census.ObjectsUnder(Id(2)) == 2);
  CHECK(census.ObjectsUnder(Id(3)) == 0);
  CHECK(census.ObjectsUnder(Id(4)) == 0);
}

TEST_CASE("Key census: hostile keys and values fold into one group and lose no reference") {
  KeyCensus census = CensusOf({Id(777777)});
  const int many = static_cast<int>(KeyCensus::kMaxGroups) + 500;
  for (int i = 0; i < many; ++i) {
    const std::string number = std::to_string(i);
    census.Count("/registry/r" + number + "/x", ValueOf({.key_id = KeyIdNumber(i)}));
    census.Count("/registry/r" + number + "/x", "plain");
    census.Count("/registry/r" + number + "/x", "k8s:enc:aescbc:v1:n" + number + ":x");
    census.Count("/registry/r" + number + "/x", "k8s:enc:");
  }
  for (const auto* groups :
       {&census.encrypted(), &census.plaintext(), &census.other_providers(), &census.malformed()}) {
    CHECK(groups->size() == KeyCensus::kMaxGroups + 1);
  }
  census.Count("/registry/secrets/last", ValueOf({.key_id = KeyIdNumber(777777)}));
  CHECK(census.ObjectsUnder(Id(777777)) == 1);
  CheckAddsUp(census);
  // A group that has its place keeps counting there.
  const auto before =
      census.plaintext().at({.kind = "", .provider_name = "", .resource = "r0", .key_id = ""});
  census.Count("/registry/r0/y", "plain");
  CHECK(census.plaintext().at({.kind = "", .provider_name = "", .resource = "r0", .key_id = ""}) ==
        before + 1);
}

TEST_CASE("Key census: the counts add up for every cut and every flipped bit of a value") {
  const std::string whole = ValueOf({.key_id = KeyIdNumber(9), .data_bytes = 12});
  KeyCensus census = CensusOf({Id(9)});
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    census.Count("/registry/secrets/a", whole.substr(0, length));
  }
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    census.Count("/registry/secrets/a", flipped);
  }
  CHECK(census.keys_scanned() == whole.size() + 1 + whole.size() * 8);
  CheckAddsUp(census);
}

}  // namespace
}  // namespace baokms::core
