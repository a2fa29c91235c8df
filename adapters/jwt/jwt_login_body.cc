#include "adapters/jwt/jwt_login_body.h"

#include <algorithm>
#include <string>

#include "core/text/json_string.h"

namespace baokms::adapters::jwt {

core::Secret JwtLoginBody(std::string_view role, std::string_view jwt) {
  const std::string start = R"({"role":)" + core::JsonString(role) + R"(,"jwt":")";
  constexpr std::string_view kEnd = "\"}";
  core::Secret body = core::Secret::OfSize(start.size() + jwt.size() + kEnd.size());
  char* next = std::ranges::copy(start, body.MutableBytes().data()).out;
  next = std::ranges::copy(jwt, next).out;
  std::ranges::copy(kEnd, next);
  return body;
}

}  // namespace baokms::adapters::jwt
