#include "adapters/grpc_kms/message_codec.h"

#include <doctest/doctest.h>

#include <memory>

#include "adapters/grpc_kms/kms.pb.h"

namespace baokms::adapters::grpc_kms {
namespace {

using core::Error;

v2::DecryptRequest GoodDecrypt() {
  v2::DecryptRequest message;
  message.set_ciphertext("vault:v1:AAAA");
  message.set_uid("uid-1");
  message.set_key_id("obk2.x");
  auto* entry = message.add_annotations();
  entry->set_key("a.org");
  entry->set_value("1");
  return message;
}

Error DecryptError(const std::string& bytes) {
  auto parsed = ParseDecrypt(bytes);
  REQUIRE_FALSE(parsed.has_value());
  return parsed.error();
}

std::string Padding(std::size_t size) {  // an unknown field 100 that fills up a message
  v2::EncryptRequest carrier;
  carrier.set_plaintext(std::string(size, 'p'));
  std::string bytes = carrier.SerializeAsString();
  bytes.replace(0, 1, "\xa2\x06");
  return bytes;
}

TEST_CASE("Encrypt message: plaintext and uid are read") {
  v2::EncryptRequest message;
  message.set_plaintext(std::string("p\0q", 3));
  message.set_uid("uid-1");
  const auto parsed = ParseEncrypt(message.SerializeAsString());
  REQUIRE(parsed.has_value());
  CHECK(parsed->plaintext.ExposeSecret() == std::string_view("p\0q", 3));
  CHECK(parsed->uid == "uid-1");
}

TEST_CASE("Encrypt message: an empty plaintext is refused whether absent or explicit") {
  CHECK(ParseEncrypt("").error() == core::EmptyPlaintext());
  CHECK(ParseEncrypt(std::string("\x0a\x00", 2)).error() == core::EmptyPlaintext());
}

TEST_CASE("Decrypt message: all fields are read") {
  const auto parsed = ParseDecrypt(GoodDecrypt().SerializeAsString());
  REQUIRE(parsed.has_value());
  CHECK(parsed->request.ciphertext == "vault:v1:AAAA");
  CHECK(parsed->request.key_id == "obk2.x");
  CHECK(parsed->request.annotations == core::Annotations{{"a.org", "1"}});
  CHECK(parsed->uid == "uid-1");
}

TEST_CASE("Decrypt message: cut at any length it is malformed or lacks its last fields") {
  const std::string whole = GoodDecrypt().SerializeAsString();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    v2::DecryptRequest reference;
    const bool parses = reference.ParseFromString(whole.substr(0, size));
    const auto ours = ParseDecrypt(whole.substr(0, size));
    if (!parses) {
      CHECK(ours.error() == core::MalformedMessage());
    } else if (reference.ciphertext().empty()) {
      CHECK(ours.error() == core::EmptyCiphertext());
    } else {
      REQUIRE(ours.has_value());
      CHECK(ours->request.key_id == reference.key_id());
    }
  }
}

TEST_CASE("Decrypt message: with any one bit flipped it is read as protobuf reads it") {
  const std::string whole = GoodDecrypt().SerializeAsString();
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    CAPTURE(bit);
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    v2::DecryptRequest reference;
    const bool parses = reference.ParseFromString(flipped);
    const auto ours = ParseDecrypt(flipped);
    if (!parses) {
      CHECK(ours.error() == core::MalformedMessage());
    } else if (reference.ciphertext().empty()) {
      CHECK(ours.error() == core::EmptyCiphertext());
    } else {
      REQUIRE(ours.has_value());
      CHECK(ours->request.ciphertext == reference.ciphertext());
      CHECK(ours->request.key_id == reference.key_id());
      CHECK(ours->uid == reference.uid());
      core::Annotations annotations;
      for (const auto& entry : reference.annotations()) {
        annotations.insert_or_assign(entry.key(), entry.value());
      }
      CHECK(ours->request.annotations == annotations);
    }
  }
}

TEST_CASE("Decrypt message: unknown fields of every wire type are skipped") {
  const std::string unknown = std::string("\xa0\x06\x96\x01", 4) +                // varint
                              std::string("\xa1\x06", 2) + std::string(8, 'x') +  // fixed64
                              std::string("\xa2\x06\x03", 3) + "abc" +            // bytes
                              std::string("\xa3\x06\xa0\x06\x01\xa4\x06", 7) +    // group
                              std::string("\xa5\x06", 2) + std::string(4, 'x');   // fixed32
  const auto parsed = ParseDecrypt(unknown + GoodDecrypt().SerializeAsString() + unknown);
  REQUIRE(parsed.has_value());
  CHECK(parsed->request.ciphertext == "vault:v1:AAAA");
}

TEST_CASE("Decrypt message: a known field of another wire type is skipped as protobuf does") {
  CHECK(DecryptError(std::string("\x08\x05", 2)) == core::EmptyCiphertext());
}

TEST_CASE("Messages: field 0 - wire types 6 and 7 - stray and open groups - long lengths fail") {
  for (const auto& bytes :
       {std::string("\x02\x00", 2), std::string("\x0e", 1), std::string("\x0f", 1),
        std::string("\x0c", 1), std::string("\x0b", 1), std::string("\x0a\x05"),
        std::string("\x0a\x80\x80\x80\x80\x10", 6),  // 2^32: must not be cut to 0
        std::string("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11), std::string("\x0a"),
        std::string("\x80\x80")}) {
    CHECK(ParseStatus(bytes).error() == core::MalformedMessage());
    CHECK(ParseEncrypt(bytes).error() == core::MalformedMessage());
    CHECK(ParseDecrypt(bytes).error() == core::MalformedMessage());
  }
}

TEST_CASE("Decrypt message: a malformed annotation entry is malformed") {
  CHECK(DecryptError(std::string("\x0a\x01x\x22\x02\x0a\x05", 7)) == core::MalformedMessage());
}

TEST_CASE("Decrypt message: the last annotation of one key wins") {
  auto message = GoodDecrypt();
  auto* entry = message.add_annotations();
  entry->set_key("a.org");
  entry->set_value("2");
  CHECK(ParseDecrypt(message.SerializeAsString())->request.annotations ==
        core::Annotations{{"a.org", "2"}});
}

TEST_CASE("Decrypt message: bytes that are not UTF-8 arrive as they are") {
  auto message = GoodDecrypt();
  message.set_key_id("\xff\xfe");
  message.mutable_annotations(0)->set_key("\xc3\x28");
  const auto parsed = ParseDecrypt(message.SerializeAsString());
  REQUIRE(parsed.has_value());
  CHECK(parsed->request.key_id == "\xff\xfe");
  CHECK(parsed->request.annotations.contains("\xc3\x28"));
}

TEST_CASE("Decrypt message: each limit holds to the byte") {
  auto message = GoodDecrypt();
  SUBCASE("ciphertext") {
    message.set_ciphertext(std::string(1023, 'c'));
    CHECK(ParseDecrypt(message.SerializeAsString()).has_value());
    message.set_ciphertext(std::string(1024, 'c'));
  }
  SUBCASE("key_id") {
    message.set_key_id(std::string(1023, 'k'));
    CHECK(ParseDecrypt(message.SerializeAsString()).has_value());
    message.set_key_id(std::string(1024, 'k'));
  }
  SUBCASE("annotations") {
    message.mutable_annotations(0)->set_value(std::string(32767 - 5, 'v'));
    CHECK(ParseDecrypt(message.SerializeAsString()).has_value());
    message.mutable_annotations(0)->set_value(std::string(32768 - 5, 'v'));
  }
  CHECK(DecryptError(message.SerializeAsString()) == core::RequestTooLarge());
}

TEST_CASE("Decrypt message: an empty ciphertext comes before sizes") {
  v2::DecryptRequest message;
  message.set_key_id(std::string(2000, 'k'));
  CHECK(DecryptError(message.SerializeAsString()) == core::EmptyCiphertext());
}

TEST_CASE("Messages: 65536 bytes are read and 65537 are refused") {
  const std::string good = GoodDecrypt().SerializeAsString();
  const std::string filled = good + Padding(65536 - good.size() - 5);
  REQUIRE(filled.size() == 65536);
  CHECK(ParseDecrypt(filled).has_value());
  CHECK(ParseStatus(filled).has_value());
  CHECK(DecryptError(good + Padding(65537 - good.size() - 5)) == core::RequestTooLarge());
  CHECK(ParseStatus(Padding(65537 - 5)).error() == core::RequestTooLarge());
  CHECK(ParseEncrypt(Padding(65537 - 5)).error() == core::RequestTooLarge());
}

TEST_CASE("Status reply: version and health are the words of KMS v2") {
  v2::StatusResponse message;
  REQUIRE(message.ParseFromString(*EncodeStatus({.healthy = true, .key_id = "obk2.k"})));
  CHECK(message.version() == "v2");
  CHECK(message.healthz() == "ok");
  CHECK(message.key_id() == "obk2.k");
  REQUIRE(message.ParseFromString(*EncodeStatus({.healthy = false, .key_id = "obk2.k"})));
  CHECK(message.version() == "v2");
  CHECK(message.healthz() == "unhealthy");
  CHECK(message.key_id().empty());
  CHECK(EncodeStatus({.healthy = true, .key_id = std::string(1024, 'k')}).error() ==
        core::ReplyTooLarge());
}

core::EncryptReply Reply(std::size_t ciphertext, std::size_t annotation) {
  return {.ciphertext = core::Ciphertext(std::string(ciphertext, 'c')),
          .key_id = core::KeyId::FromDigest(std::string(32, 'k')),
          .annotations = std::make_shared<const core::Annotations>(
              core::Annotations{{"a.org", std::string(annotation, 'v')}})};
}

TEST_CASE("Encrypt reply: our own limits hold to the byte") {
  v2::EncryptResponse message;
  REQUIRE(message.ParseFromString(EncodeEncrypt(Reply(1023, 32767 - 5)).value()));
  CHECK(message.ciphertext() == std::string(1023, 'c'));
  CHECK(message.key_id() == core::KeyId::FromDigest(std::string(32, 'k')).str());
  REQUIRE(message.annotations_size() == 1);
  CHECK(message.annotations(0).key() == "a.org");
  CHECK(EncodeEncrypt(Reply(0, 1)).error() == core::ReplyTooLarge());
  CHECK(EncodeEncrypt(Reply(1024, 1)).error() == core::ReplyTooLarge());
  CHECK(EncodeEncrypt(Reply(1, 32768 - 5)).error() == core::ReplyTooLarge());
}

TEST_CASE("Decrypt reply: the plaintext is framed as protobuf frames it") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{127}, std::size_t{128},
                                 std::size_t{20000}, std::size_t{65532}}) {
    v2::DecryptResponse message;
    message.set_plaintext(std::string(size, 'p'));
    const auto ours =
        EncodeDecrypt({.plaintext = core::Secret::Copy(std::string(size, 'p'))}).value();
    CHECK(ours.ExposeSecret() == message.SerializeAsString());
  }
  CHECK(EncodeDecrypt({.plaintext = core::Secret::OfSize(65533)}).error() == core::ReplyTooLarge());
}

}  // namespace
}  // namespace baokms::adapters::grpc_kms
