// Unsigned-looking JWTs for tests: the local checks never look at the signature.
#pragma once

#include <string>

#include "core/model/time.h"
#include "core/text/base64.h"

namespace baokms::tests {

// When the tests' JWTs are judged.
inline constexpr core::UnixSeconds kNow = 1'700'000'000;

inline std::string MakeJwt(const std::string& claims,
                           const std::string& header = R"({"alg":"RS256"})") {
  return core::Base64UrlEncode(header) + "." + core::Base64UrlEncode(claims) + "." +
         core::Base64UrlEncode("signature");
}

}  // namespace baokms::tests
