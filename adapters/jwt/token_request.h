// The request of a client credentials grant (RFC 6749, 4.4 and 2.3.1; RFC 8707).
#pragma once

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

TokenRequest MakeTokenRequest(const core::Oauth2Configuration& oauth2, std::string_view secret);

// The other headers: the same for every grant, for the transport to the token endpoint.
std::vector<std::string> TokenRequestHeaders();

}  // namespace baokms::adapters::jwt
