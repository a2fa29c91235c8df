#include "tests/support/emulator/encoding.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <stdexcept>

namespace baokms::emulator {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNone = 0xff;

constexpr std::array<std::uint8_t, 256> DecodeTable(std::string_view alphabet) {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNone);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr auto kStandardTable = DecodeTable(kStandard);
constexpr auto kUrlTable = DecodeTable(kUrl);

std::string Encode(std::string_view bytes, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      const auto byte = j < left ? static_cast<unsigned char>(bytes[i + j]) : 0U;
      group = (group << 8) | byte;
    }
    out.push_back(alphabet[(group >> 18) & 63]);
    out.push_back(alphabet[(group >> 12) & 63]);
    if (left > 1) {
      out.push_back(alphabet[(group >> 6) & 63]);
    } else if (pad) {
      out.push_back('=');
    }
    if (left > 2) {
      out.push_back(alphabet[group & 63]);
    } else if (pad) {
      out.push_back('=');
    }
  }
  return out;
}

void AppendGroup(const std::array<std::uint8_t, 4>& digits, std::size_t count, std::string* out) {
  std::uint32_t group = 0;
  for (std::size_t j = 0; j < 4; ++j) group = (group << 6) | (j < count ? digits[j] : 0U);
  for (std::size_t j = 0; j + 1 < count; ++j) {
    out->push_back(static_cast<char>((group >> (16 - 8 * j)) & 0xff));
  }
}

bool IsNewline(char c) { return c == '\n' || c == '\r'; }

std::string HexDigits(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

std::string UuidFrom(std::string_view sixteen_bytes) {
  const std::string hex = HexDigits(sixteen_bytes);
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
         hex.substr(16, 4) + "-" + hex.substr(20, 12);
}

}  // namespace

std::string Base64Encode(std::string_view bytes) { return Encode(bytes, kStandard, /*pad=*/true); }

std::string Base64UrlEncode(std::string_view bytes) { return Encode(bytes, kUrl, /*pad=*/false); }

// Follows Go's decodeQuantum step by step: newlines are skipped, padding is required.
std::expected<std::string, std::size_t> Base64Decode(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::size_t at = 0;
  while (at < text.size()) {
    std::array<std::uint8_t, 4> digits{};
    std::size_t filled = 0;
    bool ended = false;
    while (filled < 4) {
      if (at == text.size()) {
        if (filled == 0) return out;
        return std::unexpected(at - filled);
      }
      const char c = text[at++];
      const std::uint8_t digit = kStandardTable[static_cast<unsigned char>(c)];
      if (digit != kNone) {
        digits[filled++] = digit;
        continue;
      }
      if (IsNewline(c)) continue;
      if (c != '=' || filled < 2) return std::unexpected(at - 1);
      if (filled == 2) {
        while (at < text.size() && IsNewline(text[at])) ++at;
        if (at == text.size()) return std::unexpected(text.size());
        if (text[at] != '=') return std::unexpected(at - 1);
        ++at;
      }
      while (at < text.size() && IsNewline(text[at])) ++at;
      if (at < text.size()) return std::unexpected(at);
      ended = true;
      break;
    }
    AppendGroup(digits, filled, &out);
    if (ended) return out;
  }
  return out;
}

std::string IllegalBase64Text(std::size_t offset) {
  return "illegal base64 data at input byte " + std::to_string(offset);
}

std::optional<std::string> Base64UrlDecode(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::array<std::uint8_t, 4> digits{};
    const std::size_t count = std::min<std::size_t>(4, text.size() - i);
    for (std::size_t j = 0; j < count; ++j) {
      digits[j] = kUrlTable[static_cast<unsigned char>(text[i + j])];
      if (digits[j] == kNone) return std::nullopt;
    }
    AppendGroup(digits, count, &out);
  }
  return out;
}

std::string ColonHex(std::string_view bytes) {
  const std::string hex = HexDigits(bytes);
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    if (i != 0) out.push_back(':');
    out += hex.substr(i, 2);
  }
  return out;
}

std::string RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    throw std::runtime_error("RAND_bytes failed");
  }
  return bytes;
}

std::string RandomUuid() { return UuidFrom(RandomBytes(16)); }

std::string RandomBase62(std::size_t length) {
  // The first 62 letters of the base64 alphabet; the slight bias of % 62 does not matter here.
  std::string text = RandomBytes(length);
  for (char& c : text) c = kStandard[static_cast<unsigned char>(c) % 62];
  return text;
}

std::string StableUuid(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return UuidFrom({reinterpret_cast<const char*>(digest.data()), 16});
}

}  // namespace baokms::emulator
