#include "core/census/stored_value.h"

#include <doctest/doctest.h>

#include <string>
#include <variant>

#include "tests/support/etcd/stored_envelope.h"

namespace baokms::core {
namespace {

using ::baokms::testing::KeyIdNumber;
using ::baokms::testing::ValueOf;

bool IsMalformed(const std::string& value) {
  return std::holds_alternative<MalformedValue>(ReadStoredValue(value, "openbao"));
}

const std::string kEnvelopePrefix = "k8s:enc:kms:v2:openbao:";
// encryptedData, keyID and encryptedDEKSource of a plugin of another name.
const std::string kSmallest = std::string("k8s:enc:kms:v2:other:\x0a\x01") + "d\x12\x01k\x1a\x01s";

TEST_CASE("Stored value: an envelope gives its provider name and key_id") {
  const std::string value = ValueOf({.key_id = KeyIdNumber(1)});
  const StoredValue read = ReadStoredValue(value, "openbao");
  const auto* sealed = std::get_if<KmsV2Value>(&read);
  REQUIRE(sealed != nullptr);
  CHECK(sealed->provider_name == "openbao");
  CHECK(sealed->key_id == KeyIdNumber(1));
}

TEST_CASE("Stored value: under our name a key_id of another shape is malformed") {
  CHECK(IsMalformed(ValueOf({.key_id = "obk2.short"})));
  CHECK(IsMalformed(ValueOf({.key_id = KeyIdNumber(1) + "A"})));
  const std::string value = ValueOf({.provider_name = "other", .key_id = "obk2.short"});
  const StoredValue read = ReadStoredValue(value, "openbao");
  REQUIRE(std::holds_alternative<KmsV2Value>(read));
  CHECK(std::get<KmsV2Value>(read).key_id == "obk2.short");
}

TEST_CASE("Stored value: what kube-apiserver would refuse to read is malformed") {
  CHECK_FALSE(IsMalformed(kSmallest));
  const std::string prefix = "k8s:enc:kms:v2:other:";
  const std::string d = std::string("\x0a\x01") + "d";
  const std::string k = std::string("\x12\x01") + "k";
  const std::string s = std::string("\x1a\x01") + "s";
  CHECK(IsMalformed(prefix));
  CHECK(IsMalformed(prefix + k + s));
  CHECK(IsMalformed(prefix + d + s));
  CHECK(IsMalformed(prefix + d + k));
  CHECK(IsMalformed(prefix + d + k + s + "\x28\x02"));  // a type of DEK source that does not exist
  CHECK_FALSE(IsMalformed(prefix + d + k + s + "\x28\x01"));
  CHECK(IsMalformed(ValueOf({.provider_name = "other", .key_id = std::string(1025, 'k')})));
  CHECK_FALSE(IsMalformed(ValueOf({.provider_name = "other", .key_id = std::string(1024, 'k')})));
  const std::string source = "\x1a\x81\x08" + std::string(1025, 's');
  CHECK(IsMalformed(prefix + d + k + source));
}

TEST_CASE("Stored value: unknown fields are passed over and of a repeated one the last counts") {
  const std::string tail = std::string("\x12\x01z") +                  // keyID again
                           "\x30\x96\x01" +                            // 6: varint
                           "\x39" + std::string(8, 'x') +              // 7: 64 bits
                           "\x42\x02yy" +                              // 8: length
                           "\x4d" + std::string(4, 'x') +              // 9: 32 bits
                           "\x15" + std::string(4, 'x') + "\x10\x05";  // 2 of other wire types
  const std::string value = kSmallest + tail;
  const StoredValue read = ReadStoredValue(value, "openbao");
  REQUIRE(std::holds_alternative<KmsV2Value>(read));
  CHECK(std::get<KmsV2Value>(read).key_id == "z");
}

TEST_CASE("Stored value: damaged wire format is malformed") {
  for (const std::string& tail :
       {std::string("\x0b"), std::string("\x0c"), std::string("\x0e"), std::string("\x0f"),
        std::string("\x00\x01", 2), std::string("\x12"), std::string("\x12\x05k"),
        std::string("\x39xxx"), std::string("\x4dxxx"), std::string("\x30\x80"),
        std::string("\x30") + std::string(10, '\xff') + "\x01",
        std::string("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        std::string("\xff\xff\xff\xff\xff\x01\x01")}) {
    CAPTURE(tail.size());
    CHECK(IsMalformed(kSmallest + tail));
  }
}

TEST_CASE("Stored value: other providers are known by kind and version and name") {
  const auto read = [](const std::string& value) {
    const StoredValue stored = ReadStoredValue(value, "openbao");
    REQUIRE(std::holds_alternative<OtherProviderValue>(stored));
    const auto& other = std::get<OtherProviderValue>(stored);
    return other.kind + "|" + std::string(other.provider_name);
  };
  CHECK(read("k8s:enc:aescbc:v1:key1:xxxx") == "aescbc:v1|key1");
  CHECK(read("k8s:enc:aesgcm:v1:key1:") == "aesgcm:v1|key1");
  CHECK(read("k8s:enc:secretbox:v1:key 2:x:y") == "secretbox:v1|key 2");
  CHECK(read("k8s:enc:kms:v1:openbao:x") == "kms:v1|openbao");
  CHECK(read("k8s:enc:kms:v3:openbao:x") == "kms:v3|openbao");
  CHECK(read("k8s:enc:aescbc:v1:" + std::string(256, 'n') + ":") ==
        "aescbc:v1|" + std::string(256, 'n'));
}

TEST_CASE("Stored value: anything without the prefix is plaintext") {
  for (const std::string& value :
       {std::string(), std::string("k8s\0\n\x0c", 6), std::string("{\"kind\":\"Secret\"}"),
        std::string("k8s:enc"), std::string(" k8s:enc:kms:v2:openbao:"), std::string("K8s:enc:")}) {
    CHECK(std::holds_alternative<PlaintextValue>(ReadStoredValue(value, "openbao")));
  }
}

TEST_CASE("Stored value: a prefix that is none of Kubernetes is malformed") {
  for (const std::string& value :
       {std::string("k8s:enc:"), std::string("k8s:enc:kms"), std::string("k8s:enc:kms:v2"),
        std::string("k8s:enc:kms:v2:"), std::string("k8s:enc:kms:v2:openbao"),
        std::string("k8s:enc:kms:v2::x"), std::string("k8s:enc::v1:n:"),
        std::string("k8s:enc:AES:v1:n:"), std::string("k8s:enc:a\x1b[m:v1:n:"),
        std::string("k8s:enc:aescbc:v 1:n:"), "k8s:enc:" + std::string(16, 'a') + ":v1:n:",
        "k8s:enc:aescbc:v1:" + std::string(257, 'n') + ":"}) {
    CAPTURE(value);
    CHECK(IsMalformed(value));
  }
}

TEST_CASE("Stored value: no cut of an envelope gives another key_id") {
  const std::string whole = ValueOf({.key_id = KeyIdNumber(3)});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string cut = whole.substr(0, length);
    const StoredValue read = ReadStoredValue(cut, "openbao");
    if (const auto* sealed = std::get_if<KmsV2Value>(&read)) {
      CHECK(sealed->key_id == KeyIdNumber(3));
    } else {
      const bool plain = length < std::string_view("k8s:enc:").size();
      CHECK(std::holds_alternative<PlaintextValue>(read) == plain);
    }
  }
}

TEST_CASE("Stored value: no flipped bit reads beyond the value") {
  const std::string whole = ValueOf({.key_id = KeyIdNumber(4), .data_bytes = 20});
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    flipped.shrink_to_fit();
    const StoredValue read = ReadStoredValue(flipped, "openbao");
    if (const auto* sealed = std::get_if<KmsV2Value>(&read)) {
      CHECK(sealed->key_id.data() >= flipped.data());
      CHECK(sealed->key_id.data() + sealed->key_id.size() <= flipped.data() + flipped.size());
    }
  }
}

}  // namespace
}  // namespace baokms::core
