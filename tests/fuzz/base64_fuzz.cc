// Base64 and what is made of it: each byte string has one text, and only that text decodes.
#include <cstdint>
#include <string>

#include "core/model/key_id.h"
#include "core/model/secret.h"
#include "core/text/base64.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baokms::core;
  using baokms::fuzz::Require;
  const std::string_view text = baokms::fuzz::AsText(data, size);

  // As bytes.
  const std::string standard = Base64Encode(text);
  const auto back = Base64DecodeSecret(standard);
  Require(back && back->ExposeSecret() == text, "standard: encoded text decodes to its bytes");
  Require(Base64DecodedLength(standard) == size, "standard: the length is that of the bytes");
  std::string written(Base64Length(size), '\0');
  Base64EncodeTo(text, written.data());
  Require(written == standard, "standard: both encoders agree");
  const auto url_back = Base64UrlDecode(Base64UrlEncode(text));
  Require(url_back && *url_back == text, "url: encoded text decodes to its bytes");

  // As a text.
  const auto decoded = Base64DecodeSecret(text);
  const auto length = Base64DecodedLength(text);
  Require(decoded.has_value() == length.has_value(), "standard: both decoders agree");
  if (decoded) {
    Require(decoded->size() == *length, "standard: the length is that of the bytes");
    Require(Base64Encode(decoded->ExposeSecret()) == text, "standard: one text for each bytes");
  }
  if (const auto url = Base64UrlDecode(text)) {
    Require(Base64UrlEncode(*url) == text, "url: one text for each bytes");
  }
  if (const auto key_id = KeyId::Parse(text)) {
    Require(key_id->str() == text && size == KeyId::kLength, "key_id: the text is kept");
    const auto digest = Base64UrlDecode(text.substr(KeyId::kPrefix.size()));
    Require(digest && KeyId::FromDigest(*digest) == *key_id, "key_id: one text for each digest");
  }
  return 0;
}
