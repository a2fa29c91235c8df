// Base64, strict: one valid text for each byte string, nothing else decodes. Standard with padding
// for Transit, base64url without for key_ids and hashes (wire-contract.md).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace baokms::core {

std::string Base64Encode(std::string_view bytes);
std::string Base64UrlEncode(std::string_view bytes);  // no padding

// nullopt for a foreign character, wrong length or padding, or set bits that no byte owns.
std::optional<std::string> Base64UrlDecode(std::string_view text);

// Writes the standard encoding, Base64Length(bytes.size()) characters, to `out`.
void Base64EncodeTo(std::string_view bytes, char* out);
constexpr std::size_t Base64Length(std::size_t bytes) { return (bytes + 2) / 3 * 4; }
// The decoded length of a valid standard, padded text; nullopt when it is not one.
std::optional<std::size_t> Base64DecodedLength(std::string_view text);
// Writes what such a text encodes, Base64DecodedLength(text) bytes, to `out`.
void Base64DecodeTo(std::string_view text, char* out);

}  // namespace baokms::core
