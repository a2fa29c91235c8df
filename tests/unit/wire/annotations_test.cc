#include "core/wire/annotations.h"

#include <doctest/doctest.h>

#include <string>

#include "core/wire/sha256.h"
#include "tests/support/core/builders.h"

namespace baokms::core {
namespace {

Annotations Good(const ProviderIdentity& identity = testing::TestIdentity()) {
  return BuildAnnotations(identity, testing::Version(1), testing::IdOf(1, identity), "v0.1.0");
}

bool FormHolds(const Annotations& annotations) {
  const auto checked = CheckAnnotationsForm(annotations);
  if (!checked) CHECK(checked.error() == InvalidAnnotations());
  return checked.has_value();
}

bool Matches(const Annotations& annotations, const Annotations& expected) {
  const auto checked = CheckAnnotationsMatch(annotations, expected);
  if (!checked) CHECK(checked.error() == AnnotationsMismatch());
  return checked.has_value();
}

TEST_CASE("Annotations: what is built is well formed and matches itself") {
  for (const auto& identity : {testing::TestIdentity(), testing::NamespacedIdentity()}) {
    CHECK(FormHolds(Good(identity)));
    CHECK(Matches(Good(identity), Good(identity)));
  }
}

TEST_CASE("Annotations: each required key must be there and not empty") {
  for (const auto& [key, unused] : Good()) {
    CAPTURE(key);
    Annotations missing = Good();
    missing.erase(key);
    CHECK_FALSE(FormHolds(missing));
    Annotations empty = Good();
    empty[key] = "";
    CHECK_FALSE(FormHolds(empty));
  }
}

TEST_CASE("Annotations: a namespace hash that is there must be a hash") {
  for (const char* value : {"", "x"}) {
    Annotations annotations = Good();
    annotations["openbao-namespace-hash.kms.openbao.org"] = value;
    CHECK_FALSE(FormHolds(annotations));
  }
}

TEST_CASE("Annotations: provider and aad-version are known or invalid") {
  for (const char* key : {"provider.kms.openbao.org", "aad-version.kms.openbao.org"}) {
    for (const char* value : {"v2", "V1", "openbao-transit2", "Openbao-transit"}) {
      Annotations annotations = Good();
      annotations[key] = value;
      CHECK_FALSE(FormHolds(annotations));
    }
  }
}

TEST_CASE("Annotations: a version is a decimal without sign or leading zero within 63 bits") {
  const std::string key = "transit-key-version.kms.openbao.org";
  Annotations annotations = Good();
  for (const char* value : {"1", "9", "10", "2147483648", "9223372036854775807"}) {
    annotations[key] = value;
    CHECK(FormHolds(annotations));
  }
  for (const char* value : {"0", "01", "+1", "-1", " 1", "1 ", "1.0", "0x1", "a", "1/",
                            "1:", "9223372036854775808", "10000000000000000000"}) {
    CAPTURE(value);
    annotations[key] = value;
    CHECK_FALSE(FormHolds(annotations));
  }
}

TEST_CASE("Annotations: hashes decode strictly to 32 bytes") {
  for (const char* key : {"key-id-hash.kms.openbao.org", "transit-mount-hash.kms.openbao.org",
                          "transit-key-hash.kms.openbao.org"}) {
    Annotations annotations = Good();
    const std::string hash = annotations[key];
    for (const std::string& value : {hash.substr(1), hash + "A", hash + "=",
                                     hash.substr(0, 42) + "B", std::string("+") + hash.substr(1)}) {
      annotations[key] = value;
      CHECK_FALSE(FormHolds(annotations));
    }
  }
}

TEST_CASE("Annotations: keys are FQDNs of two labels or more") {
  const std::string label(63, 'a');
  for (const std::string& key :
       {std::string("a.b"), std::string("1.2"), std::string("a-b.c"), std::string("x--y.z9"),
        label + ".b", label + "." + label + "." + label + "." + std::string(61, 'b')}) {
    CAPTURE(key);
    Annotations annotations = Good();
    annotations[key] = "free";
    CHECK(FormHolds(annotations));
  }
  for (const std::string& key :
       {std::string(""), std::string("a"), std::string("."), std::string("a."), std::string(".a"),
        std::string("a..b"), std::string("A.b"), std::string("a.B"), std::string("-a.b"),
        std::string("a-.b"), std::string("a.b-"), std::string("a_b.c"), std::string("a.b/c"),
        std::string("a.b c"), std::string("\u00e9.b"), std::string("a.b\0", 4), label + "a.b",
        label + "." + label + "." + label + "." + std::string(62, 'b')}) {
    CAPTURE(key);
    Annotations annotations = Good();
    annotations[key] = "free";
    CHECK_FALSE(FormHolds(annotations));
  }
}

TEST_CASE("Annotations: each bound value that differs is a mismatch") {
  for (const auto& identity : {testing::TestIdentity(), testing::NamespacedIdentity()}) {
    for (const auto& [key, value] : Good(identity)) {
      if (!key.ends_with("-hash.kms.openbao.org") && !key.starts_with("transit-key-version")) {
        continue;
      }
      CAPTURE(key);
      Annotations other = Good(identity);
      other[key] = key.starts_with("transit-key-version") ? "2" : PublicHash("another");
      CHECK(FormHolds(other));
      CHECK_FALSE(Matches(other, Good(identity)));
      other.erase(key);
      CHECK_FALSE(Matches(other, Good(identity)));
    }
  }
}

TEST_CASE("Annotations: a namespace hash without a configured namespace is a mismatch") {
  Annotations more = Good();
  more["openbao-namespace-hash.kms.openbao.org"] = PublicHash("admin");
  CHECK(FormHolds(more));
  CHECK_FALSE(Matches(more, Good()));
}

TEST_CASE("Annotations: plugin-version is free and unknown keys are ignored") {
  Annotations other = Good();
  other["plugin-version.kms.openbao.org"] = "preview.7";
  other["example.org"] = "anything";
  CHECK(FormHolds(other));
  CHECK(Matches(other, Good()));
}

}  // namespace
}  // namespace baokms::core
