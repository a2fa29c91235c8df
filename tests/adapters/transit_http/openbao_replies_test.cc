// Strict reading of replies. Also run on a mutant that must fail it (CMakeLists.txt).
#include "adapters/transit_http/openbao/openbao_replies.h"

#include <doctest/doctest.h>

#include <functional>

namespace baokms::tests {
namespace {

using namespace adapters::transit_http;
using core::OpenBaoStatus;

const core::TransitKeyVersion kThree = *core::TransitKeyVersion::FromNumber(3);

const std::string kMetadata =
    R"({"request_id":"r","data":{"allow_plaintext_backup":false,"auto_rotate_period":0,)"
    R"("deletion_allowed":false,"derived":false,"exportable":true,"imported_key":false,)"
    R"("keys":{"1":1700000000,"2":1700000100},"latest_version":2,"min_available_version":0,)"
    R"("min_decryption_version":1,"min_encryption_version":0,"name":"k","soft_deleted":false,)"
    R"("supports_decryption":true,"supports_derivation":true,"supports_encryption":true,)"
    R"("supports_signing":false,"type":"aes256-gcm96"},"auth":null})";

struct Kind {
  std::string name;
  std::string whole;
  std::function<std::optional<core::Error>(std::string_view)> read;
};

template <typename T>
std::optional<core::Error> ErrorOf(const ReadReply<T>& reply) {
  return reply.result ? std::nullopt : std::optional(reply.result.error());
}

const std::vector<Kind>& Kinds() {
  static const std::vector<Kind> kinds = {
      {"encrypt", R"({"request_id":"r","data":{"ciphertext":"vault:v3:QUJD","key_version":3}})",
       [](std::string_view body) { return ErrorOf(ReadEncryptReply(body, kThree)); }},
      {"decrypt", R"({"request_id":"r","data":{"plaintext":"aGVsbG8="},"warnings":[{"a":1}]})",
       [](std::string_view body) { return ErrorOf(ReadDecryptReply(body)); }},
      {"metadata", kMetadata,
       [](std::string_view body) { return ErrorOf(ReadKeyMetadataReply(body)); }},
      {"disable_upsert", R"({"data":{"disable_upsert":true}})",
       [](std::string_view body) { return ErrorOf(ReadDisableUpsertReply(body)); }},
      {"capabilities", R"({"data":{"a/b":["read"]},"a/b":["read"]})",
       [](std::string_view body) { return ErrorOf(ReadCapabilitiesReply(body, {"a/b"})); }},
      {"token", R"({"auth":{"client_token":"s.t","lease_duration":60,"renewable":true}})",
       [](std::string_view body) { return ErrorOf(ReadTokenReply(body)); }},
  };
  return kinds;
}

const std::optional<core::Error> kUnavailable = core::OpenBaoFailure(OpenBaoStatus::kUnavailable);

TEST_CASE("Replies: whole ones are read") {
  for (const Kind& kind : Kinds()) {
    CAPTURE(kind.name);
    CHECK_FALSE(kind.read(kind.whole).has_value());
    CHECK_FALSE(kind.read(" \n\t" + kind.whole + "\r\n ").has_value());
  }
}

TEST_CASE("Replies: a reply cut at any length is refused") {
  for (const Kind& kind : Kinds()) {
    for (std::size_t length = 0; length < kind.whole.size(); ++length) {
      CAPTURE(kind.name);
      CAPTURE(length);
      CHECK(kind.read(kind.whole.substr(0, length)) == kUnavailable);
    }
  }
}

TEST_CASE("Replies: a doubled reply is refused") {
  for (const Kind& kind : Kinds()) {
    CAPTURE(kind.name);
    CHECK(kind.read(kind.whole + kind.whole) == kUnavailable);
    CHECK(kind.read(kind.whole + "\n" + kind.whole) == kUnavailable);
  }
}

TEST_CASE("Replies: bytes behind a reply are refused") {
  for (const Kind& kind : Kinds()) {
    for (const std::string& tail : {std::string("x"), std::string(","), std::string("0"),
                                    std::string("null"), std::string("\"\""), std::string("["),
                                    std::string("}"), std::string(1, '\0'), std::string("\xff")}) {
      CAPTURE(kind.name);
      CAPTURE(tail);
      CHECK(kind.read(kind.whole + tail) == kUnavailable);
    }
  }
}

TEST_CASE("Replies: a key that stands twice at any depth is refused") {
  CHECK(kUnavailable ==
        Kinds()[1].read(R"({"data":{"plaintext":"YQ=="},"data":{"plaintext":"YQ=="}})"));
  CHECK(kUnavailable == Kinds()[1].read(R"({"data":{"plaintext":"YQ==","plaintext":"Yg=="}})"));
  CHECK(kUnavailable ==
        Kinds()[1].read(R"({"data":{"plaintext":"YQ==","pl\u0061intext":"Yg=="}})"));
  CHECK(kUnavailable ==
        Kinds()[1].read(R"({"data":{"plaintext":"YQ=="},"w":[{"x":{"a":1,"a":1}}]})"));
  CHECK(kUnavailable == Kinds()[0].read(R"({"data":{"ciphertext":"vault:v3:QQ==","key_version":3,)"
                                        R"("key_version":4}})"));
  std::string twice = kMetadata;
  twice.replace(twice.find("\"2\""), 3, "\"1\"");
  CHECK(kUnavailable == Kinds()[2].read(twice));
}

TEST_CASE("Replies: anything but one object of the right types is refused") {
  for (const Kind& kind : Kinds()) {
    CAPTURE(kind.name);
    for (const char* text : {"", " ", "null", "[]", "\"\"", "1", "{", "{]", "<html>", "{'a':1}",
                             R"({"data":1,"auth":1})", R"({"data":[],"auth":[]})",
                             "{\"data\":{\"plaintext\":\"\xff\"}}"}) {
      CAPTURE(text);
      CHECK(kind.read(text) == kUnavailable);
    }
  }
}

TEST_CASE("Encrypt reply: ciphertext and key_version must fit what was sent") {
  const auto good = ReadEncryptReply(Kinds()[0].whole, kThree);
  REQUIRE(good.result.has_value());
  CHECK(good.result->bytes() == "vault:v3:QUJD");
  CHECK(good.request_id == "r");
  for (const char* data :
       {R"({})", R"({"data":null})", R"({"data":{}})", R"({"data":{"key_version":3}})",
        R"({"data":{"ciphertext":"","key_version":3}})",
        R"({"data":{"ciphertext":null,"key_version":3}})",
        R"({"data":{"ciphertext":"vault:v3:","key_version":3}})",
        R"({"data":{"ciphertext":"vault:v3:QUJD"}})",
        R"({"data":{"ciphertext":"vault:v3:QUJD","key_version":null}})",
        R"({"data":{"ciphertext":"vault:v3:QUJD","key_version":4}})",
        R"({"data":{"ciphertext":"vault:v3:QUJD","key_version":0}})",
        R"({"data":{"ciphertext":"vault:v4:QUJD","key_version":3}})",
        R"({"data":{"ciphertext":"vault:v33:QUJD","key_version":3}})",
        R"({"data":{"ciphertext":"vault:v03:QUJD","key_version":3}})",
        R"({"data":{"ciphertext":"QUJD","key_version":3}})"}) {
    CAPTURE(data);
    const auto reply = ReadEncryptReply(data, kThree);
    REQUIRE_FALSE(reply.result.has_value());
    CHECK(reply.result.error() == core::InvalidOpenBaoReply());
  }
  for (const char* data : {R"({"data":{"ciphertext":1,"key_version":3}})",
                           R"({"data":{"ciphertext":"vault:v3:QUJD","key_version":"3"}})",
                           R"({"data":{"ciphertext":"vault:v3:QUJD","key_version":3.0}})"}) {
    CAPTURE(data);
    CHECK(ErrorOf(ReadEncryptReply(data, kThree)) == kUnavailable);
  }
}

TEST_CASE("Decrypt reply: strict base64 that is not empty") {
  const auto good = ReadDecryptReply(Kinds()[1].whole);
  REQUIRE(good.result.has_value());
  CHECK(good.result->ExposeSecret() == "hello");
  const auto escaped = ReadDecryptReply(R"({"data":{"plaintext":"\u0061GVsbG8="}})");
  REQUIRE(escaped.result.has_value());
  CHECK(escaped.result->ExposeSecret() == "hello");
  for (const char* data : {R"({})", R"({"data":{}})", R"({"data":{"plaintext":null}})",
                           R"({"data":{"plaintext":""}})"}) {
    CAPTURE(data);
    const auto reply = ReadDecryptReply(data);
    REQUIRE_FALSE(reply.result.has_value());
    CHECK(reply.result.error() == core::InvalidOpenBaoReply());
  }
  for (const char* text :
       {"aGVsbG8", "aGVsbG9=", "aGVsbG8=\\n", "aGVs bG8=", "aGV-bG8=", "=", "a"}) {
    CAPTURE(text);
    CHECK(ErrorOf(ReadDecryptReply(R"({"data":{"plaintext":")" + std::string(text) + "\"}}")) ==
          kUnavailable);
  }
}

TEST_CASE("Metadata reply: every field is read") {
  const auto reply = ReadKeyMetadataReply(kMetadata);
  REQUIRE(reply.result.has_value());
  core::TransitKeyMetadata expected;
  expected.type = "aes256-gcm96";
  expected.exportable = true;
  expected.supports_encryption = true;
  expected.supports_decryption = true;
  expected.latest_version = 2;
  expected.min_decryption_version = 1;
  expected.versions = {{1, 1700000000}, {2, 1700000100}};
  CHECK(*reply.result == expected);
}

TEST_CASE("Metadata reply: each flag lands in its own field") {
  for (const auto& [key, member] :
       std::vector<std::pair<std::string, bool core::TransitKeyMetadata::*>>{
           {"allow_plaintext_backup", &core::TransitKeyMetadata::allow_plaintext_backup},
           {"deletion_allowed", &core::TransitKeyMetadata::deletion_allowed},
           {"derived", &core::TransitKeyMetadata::derived},
           {"soft_deleted", &core::TransitKeyMetadata::soft_deleted}}) {
    CAPTURE(key);
    std::string text = kMetadata;
    const std::string off = "\"" + key + "\":false";
    text.replace(text.find(off), off.size(), "\"" + key + "\":true");
    const auto reply = ReadKeyMetadataReply(text);
    REQUIRE(reply.result.has_value());
    CHECK((*reply.result).*member);
  }
}

TEST_CASE("Metadata reply: a missing or mistyped field or an odd version is refused") {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"exportable\":true,", ""},
           {"\"exportable\":true", "\"exportable\":\"false\""},
           {"\"latest_version\":2,", ""},
           {"\"latest_version\":2", "\"latest_version\":2.5"},
           {"\"latest_version\":2", "\"latest_version\":\"2\""},
           {"\"soft_deleted\":false", "\"soft_deleted\":0"},
           {"\"keys\":{\"1\":1700000000,\"2\":1700000100},", ""},
           {"\"1\":1700000000", "\"01\":1700000000"},
           {"\"1\":1700000000", "\"+1\":1700000000"},
           {"\"1\":1700000000", "\"0\":1700000000"},
           {"\"1\":1700000000", "\"\":1700000000"},
           {"\"1\":1700000000", "\"99999999999999999999\":1700000000"},
           {"\"1\":1700000000", "\"1\":\"1700000000\""},
           {"\"1\":1700000000", "\"1\":1700000000.5"},
           {"\"1\":1700000000", "\"1\":null"}}) {
    CAPTURE(from);
    CAPTURE(to);
    std::string text = kMetadata;
    REQUIRE(text.find(from) != std::string::npos);
    text.replace(text.find(from), from.size(), to);
    CHECK(ErrorOf(ReadKeyMetadataReply(text)) == kUnavailable);
  }
}

TEST_CASE("Metadata reply: the period of rotations is read and never makes the key unreadable") {
  for (const auto& [value, seconds] : std::vector<std::pair<std::string, std::int64_t>>{
           {"7200", 7200}, {"\"2h\"", 0}, {"null", 0}, {"7200.5", 0}, {"{}", 0}}) {
    CAPTURE(value);
    std::string text = kMetadata;
    const std::string off = "\"auto_rotate_period\":0";
    text.replace(text.find(off), off.size(), "\"auto_rotate_period\":" + value);
    const auto reply = ReadKeyMetadataReply(text);
    REQUIRE(reply.result.has_value());
    CHECK(reply.result->auto_rotate_period == seconds);
  }
}

TEST_CASE("Metadata reply: an asymmetric key stays readable so that the profile can refuse it") {
  std::string text = kMetadata;
  const std::string keys = "{\"1\":1700000000,\"2\":1700000100}";
  text.replace(text.find(keys), keys.size(), R"({"1":{"creation_time":"2024-01-01T00:00:00Z"}})");
  const auto reply = ReadKeyMetadataReply(text);
  REQUIRE(reply.result.has_value());
  CHECK(reply.result->versions == std::vector<core::TransitVersionTime>{{1, 0}});
}

TEST_CASE("disable_upsert reply: only a boolean counts") {
  CHECK(ReadDisableUpsertReply(R"({"data":{"disable_upsert":true}})").result == true);
  CHECK(ReadDisableUpsertReply(R"({"data":{"disable_upsert":false}})").result == false);
  for (const char* text : {R"({"data":{}})", R"({"data":{"disable_upsert":null}})",
                           R"({"data":{"disable_upsert":"true"}})", R"({"disable_upsert":true})"}) {
    CAPTURE(text);
    CHECK(ErrorOf(ReadDisableUpsertReply(text)) == kUnavailable);
  }
}

TEST_CASE("Capabilities reply: exactly the asked paths and each must be answered") {
  const auto good =
      ReadCapabilitiesReply(R"({"data":{"a":["read","list"],"b":[],"c":["sudo"]}})", {"a", "b"});
  REQUIRE(good.result.has_value());
  CHECK(*good.result == CapabilitiesByPath{{"a", {"read", "list"}}, {"b", {}}});
  for (const char* text :
       {R"({"data":{"a":["read"]}})", R"({"data":{"a":["read"],"b":"deny"}})",
        R"({"data":{"a":["read"],"b":[1]}})", R"({"a":["read"],"b":["read"]})"}) {
    CAPTURE(text);
    CHECK(ErrorOf(ReadCapabilitiesReply(text, {"a", "b"})) == kUnavailable);
  }
}

TEST_CASE("Token reply: token and lease and renewable must all be usable") {
  const auto good = ReadTokenReply(
      R"({"auth":{"client_token":"s.token","lease_duration":1800,"renewable":true}})");
  REQUIRE(good.result.has_value());
  CHECK(good.result->value.ExposeSecret() == "s.token");
  CHECK(good.result->lease == std::chrono::seconds(1800));
  CHECK(good.result->renewable);
  for (const char* auth :
       {R"(null)", R"({})", R"({"client_token":"","lease_duration":1,"renewable":true})",
        R"({"client_token":"s.t","lease_duration":0,"renewable":true})",
        R"({"client_token":"s.t","lease_duration":-1,"renewable":true})",
        R"({"client_token":"s.t","lease_duration":"60","renewable":true})",
        R"({"client_token":"s.t","lease_duration":60})",
        R"({"client_token":"s.t","lease_duration":60,"renewable":"true"})",
        R"({"client_token":1,"lease_duration":60,"renewable":true})",
        R"({"client_token":"s.t\r\nX-Evil: 1","lease_duration":60,"renewable":true})",
        R"({"client_token":"s.t\u0000","lease_duration":60,"renewable":true})",
        R"({"client_token":"s. t","lease_duration":60,"renewable":true})"}) {
    CAPTURE(auth);
    CHECK(ErrorOf(ReadTokenReply(R"({"auth":)" + std::string(auth) + "}")) == kUnavailable);
  }
  const auto huge = ReadTokenReply(
      R"({"auth":{"client_token":"s.t","lease_duration":9000000000000000000,"renewable":false}})");
  REQUIRE(huge.result.has_value());
  CHECK(std::chrono::nanoseconds(huge.result->lease).count() > 0);
}

TEST_CASE("Token reply: a token for a number of calls is refused with words of its own") {
  const auto with = [](const std::string& num_uses) {
    return ReadTokenReply(
        R"({"auth":{"client_token":"s.t","lease_duration":60,"renewable":true,"num_uses":)" +
        num_uses + R"(,"mfa_requirement":null}})");
  };
  for (const char* unlimited : {"0", "null"}) CHECK(with(unlimited).result.has_value());
  for (const char* limited : {"1", "100", "9223372036854775807"}) {
    CHECK(with(limited).result.error() == core::TokenUsesLimited());
  }
  for (const char* odd : {"\"100\"", "true", "1.5", "18446744073709551615"}) {
    CHECK(ErrorOf(with(odd)) == kUnavailable);
  }
}

TEST_CASE("Token reply: a second factor that OpenBao wants is told, as its reply has it") {
  // Of OpenBao 2.5.3.
  const auto wanted = ReadTokenReply(
      R"({"request_id":"x-1","data":null,"warnings":["A login request was issued that is subject to )"
      R"(MFA validation."],"auth":{"client_token":"","accessor":"","policies":null,)"
      R"("lease_duration":0,"renewable":false,"entity_id":"","token_type":"default",)"
      R"("orphan":false,"mfa_requirement":{"mfa_request_id":"9979d6d9","mfa_constraints":{"e":)"
      R"({"any":[{"type":"totp","id":"570d79cb","uses_passcode":true}]}}},"num_uses":0}})");
  CHECK(wanted.result.error() == core::SecondFactorWanted());
  CHECK(wanted.request_id == "x-1");
  for (const char* odd : {"true", "\"yes\"", "[]", "1"}) {
    CAPTURE(odd);
    CHECK(ErrorOf(ReadTokenReply(
              R"({"auth":{"client_token":"s.t","lease_duration":60,"renewable":true,)"
              R"("mfa_requirement":)" +
              std::string(odd) + "}}")) == kUnavailable);
  }
}

TEST_CASE("request_id: only a short printable one is passed on") {
  CHECK(ReadDisableUpsertReply(R"({"request_id":"a b","data":{"disable_upsert":true}})")
            .request_id.empty());
  CHECK(ReadDisableUpsertReply(R"({"request_id":7,"data":{"disable_upsert":true}})")
            .request_id.empty());
  CHECK(ReadDisableUpsertReply(R"({"request_id":"x-1","data":{}})").request_id == "x-1");
}

}  // namespace
}  // namespace baokms::tests
