#include "core/text/base64.h"

#include <doctest/doctest.h>

#include <string>

#include "core/model/secret.h"

namespace baokms::core {
namespace {

std::string Bytes(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>((i * 37 + 11) & 0xff);
  return bytes;
}

TEST_CASE("Base64: the RFC 4648 examples") {
  const std::pair<std::string, std::string> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : examples) {
    CHECK(Base64Encode(bytes) == text);
    const auto back = Base64DecodeSecret(text);
    REQUIRE(back);
    CHECK(back->ExposeSecret() == bytes);
    CHECK(Base64DecodedLength(text) == bytes.size());
    CHECK(Base64UrlEncode(bytes) == text.substr(0, text.find('=')));
  }
}

TEST_CASE("Base64: every length comes back in both alphabets") {
  for (std::size_t size = 0; size <= 64; ++size) {
    const std::string bytes = Bytes(size);
    CHECK(Base64UrlDecode(Base64UrlEncode(bytes)) == bytes);
    const std::string text = Base64Encode(bytes);
    CHECK(text.size() == Base64Length(size));
    std::string written(text.size(), '?');
    Base64EncodeTo(bytes, written.data());
    CHECK(written == text);
  }
}

TEST_CASE("Base64: the two alphabets do not mix") {
  const std::string bytes = "\xfb\xff\xbf";
  CHECK(Base64Encode(bytes) == "+/+/");
  CHECK(Base64UrlEncode(bytes) == "-_-_");
  CHECK_FALSE(Base64UrlDecode("+/+/"));
  CHECK_FALSE(Base64DecodeSecret("-_-_"));
  CHECK_FALSE(Base64DecodedLength("-_-_"));
}

TEST_CASE("Base64: only the one valid text of some bytes decodes") {
  for (const char* text : {"Z",     "Zg",       "Zg=",   "Zg===", "=",    "==",       "===",
                           "====",  "Zg==Zg==", "Zm9v=", "Zh==",  "Zm9=", "Zm9v\n",   " Zm9v",
                           "Zm9v ", "Zm\n9v",   "Z===",  "Z=g=",  "A===", "Zm9v====", "Zm8\x80"}) {
    CAPTURE(text);
    CHECK_FALSE(Base64DecodeSecret(text));
    CHECK_FALSE(Base64DecodedLength(text));
  }
  for (const char* text : {"Z", "Zh", "Zm9", "Zg==", "Zm9vA", "Zm9v\n"}) {
    CAPTURE(text);
    CHECK_FALSE(Base64UrlDecode(text));
  }
}

TEST_CASE("Base64: the length check accepts exactly what decodes") {
  std::string text = Base64Encode(Bytes(8));
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string other = text;
      other[at] = static_cast<char>(c);
      const auto bytes = Base64DecodeSecret(other);
      const auto length = Base64DecodedLength(other);
      REQUIRE(bytes.has_value() == length.has_value());
      if (bytes) REQUIRE(bytes->size() == *length);
      // What decodes encodes back to the same text.
      if (bytes) REQUIRE(Base64Encode(bytes->ExposeSecret()) == other);
    }
  }
}

}  // namespace
}  // namespace baokms::core
