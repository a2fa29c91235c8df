// A token endpoint's reply: one that is cut, doubled or of another type is never believed, and what
// is believed can be sent to OpenBao as it is.
#include <algorithm>
#include <cstdint>
#include <string>

#include "adapters/jwt/token_reply.h"
#include "tests/fuzz/require.h"

namespace {

using namespace baokms;
using adapters::jwt::ReadTokenReply;
using fuzz::Require;

constexpr std::string_view kJson = "application/json; charset=utf-8";

bool MayStandInACompactJwt(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

std::string WithoutBlanksBehind(std::string_view text) {
  return std::string(text.substr(0, text.find_last_not_of(" \t\r\n") + 1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::AsText(data, size);
  (void)adapters::jwt::ReadTokenError(text);
  const auto reply = ReadTokenReply(kJson, text);
  if (!reply) return 0;

  const std::string_view token = reply->access_token.ExposeSecret();
  Require(std::ranges::all_of(token, MayStandInACompactJwt), "no character that JSON would escape");
  Require(std::ranges::count(token, '.') == 2, "three parts");
  Require(!token.starts_with('.') && !token.ends_with('.') && token.find("..") == token.npos,
          "none of them empty");
  Require(!reply->expires_in || reply->expires_in->count() > 0, "a lifetime above zero");

  const std::string whole = WithoutBlanksBehind(text);
  const std::size_t step = std::max<std::size_t>(1, whole.size() / 64);
  for (std::size_t length = 0; length < whole.size(); length += step) {
    Require(!ReadTokenReply(kJson, std::string_view(whole).substr(0, length)), "cut");
  }
  Require(!ReadTokenReply(kJson, std::string_view(whole).substr(0, whole.size() - 1)),
          "cut by one");
  Require(!ReadTokenReply(kJson, whole + whole), "doubled");
  Require(!ReadTokenReply(kJson, whole + "x"), "with more behind it");
  Require(!ReadTokenReply("text/html", text), "of another type");
  return 0;
}
