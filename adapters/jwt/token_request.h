// The request of a client credentials grant (RFC 6749, 4.4 and 2.3.1; RFC 8707).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/configuration.h"
#include "core/model/secret.h"

namespace baokms::adapters::jwt {

struct TokenRequest {
  core::Secret authorization;  // "Authorization: Basic ..."; empty with client_secret_post
  core::Secret form;
};

// Whether the encoding of RFC 6749, 2.3.1 changes the client's id or secret in the Basic header, so
// that a server which does not decode it sees others. Never with client_secret_post.
enum class CredentialEncoding : std::uint8_t { kLeavesThem, kChangesThem };
CredentialEncoding EncodingOf(const core::Oauth2Configuration& oauth2, std::string_view secret);

TokenRequest MakeTokenRequest(const core::Oauth2Configuration& oauth2, std::string_view secret);

// The other headers: the same for every grant, for the transport to the token endpoint.
std::vector<std::string> TokenRequestHeaders();

}  // namespace baokms::adapters::jwt
