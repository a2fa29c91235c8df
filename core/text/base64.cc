#include "core/text/base64.h"

#include <array>
#include <cstdint>
#include <span>

namespace baokms::core {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kInvalid = 0xff;

constexpr std::array<std::uint8_t, 256> DecodeTable(std::string_view alphabet) {
  std::array<std::uint8_t, 256> table{};
  table.fill(kInvalid);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}
constexpr auto kStandardTable = DecodeTable(kStandard);
constexpr auto kUrlTable = DecodeTable(kUrl);

// Writes the significant characters (no padding) and returns how many.
std::size_t EncodeInto(std::string_view bytes, std::string_view alphabet, char* out) {
  std::size_t written = 0;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<std::uint8_t>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      out[written++] = alphabet[(bits >> count) & 0x3f];
    }
  }
  if (count > 0) out[written++] = alphabet[(bits << (6 - count)) & 0x3f];
  return written;
}

// Decodes `body` (no padding) into `out`, which has room for body.size() * 3 / 4 bytes.
bool DecodeInto(std::string_view body, const std::array<std::uint8_t, 256>& table,
                std::span<char> out) {
  if (body.size() % 4 == 1) return false;
  std::size_t written = 0;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : body) {
    const std::uint8_t value = table[static_cast<std::uint8_t>(c)];
    if (value == kInvalid) return false;
    bits = (bits << 6) | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out[written++] = static_cast<char>(static_cast<std::uint8_t>(bits >> count));
    }
  }
  return (bits & ((1U << count) - 1)) == 0;
}

// The text without its padding; nullopt when the padding is not exactly what the length demands.
std::optional<std::string_view> Unpadded(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.size() > padding && text[text.size() - 1 - padding] == '=') ++padding;
  return text.substr(0, text.size() - padding);
}

}  // namespace

std::string Base64Encode(std::string_view bytes) {
  std::string text(Base64Length(bytes.size()), '=');
  EncodeInto(bytes, kStandard, text.data());
  return text;
}

void Base64EncodeTo(std::string_view bytes, char* out) {
  std::size_t written = EncodeInto(bytes, kStandard, out);
  while (written < Base64Length(bytes.size())) out[written++] = '=';
}

std::string Base64UrlEncode(std::string_view bytes) {
  std::string text(Base64Length(bytes.size()), '\0');
  text.resize(EncodeInto(bytes, kUrl, text.data()));
  return text;
}

std::optional<std::string> Base64UrlDecode(std::string_view text) {
  std::string bytes(text.size() * 3 / 4, '\0');
  if (!DecodeInto(text, kUrlTable, bytes)) return std::nullopt;
  return bytes;
}

std::optional<std::size_t> Base64DecodedLength(std::string_view text) {
  const auto body = Unpadded(text);
  if (!body || body->size() % 4 == 1) return std::nullopt;
  std::uint8_t last = 0;
  for (const char c : *body) {
    last = kStandardTable[static_cast<std::uint8_t>(c)];
    if (last == kInvalid) return std::nullopt;
  }
  // The last character's unused bits are zero, as in DecodeInto.
  if (body->size() % 4 == 2 && (last & 0x0f) != 0) return std::nullopt;
  if (body->size() % 4 == 3 && (last & 0x03) != 0) return std::nullopt;
  return body->size() * 3 / 4;
}

void Base64DecodeTo(std::string_view text, char* out) {
  const std::string_view body = Unpadded(text).value_or("");
  DecodeInto(body, kStandardTable, {out, body.size() * 3 / 4});
}

}  // namespace baokms::core
