#include "adapters/jwt/jwt_login_body.h"

#include <algorithm>
#include <string>

namespace baokms::adapters::jwt {
namespace {

std::string EscapedForJson(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 0x0f];
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

core::Secret JwtLoginBody(std::string_view role, std::string_view jwt) {
  const std::string start = R"({"role":")" + EscapedForJson(role) + R"(","jwt":")";
  constexpr std::string_view kEnd = "\"}";
  core::Secret body = core::Secret::OfSize(start.size() + jwt.size() + kEnd.size());
  char* next = std::ranges::copy(start, body.MutableBytes().data()).out;
  next = std::ranges::copy(jwt, next).out;
  std::ranges::copy(kEnd, next);
  return body;
}

}  // namespace baokms::adapters::jwt
