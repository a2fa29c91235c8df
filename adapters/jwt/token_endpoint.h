// auth.jwt.oauth2.tokenUrl, taken apart for a transport: the server, and what is asked of it.
#pragma once

#include <string>

namespace baokms::adapters::jwt {

struct TokenEndpoint {
  std::string origin;  // "https://host" or "https://host:port"
  std::string target;  // begins with '/', query included

  // `url` is an https URL without user info and fragment: the configuration is validated.
  static TokenEndpoint Of(const std::string& url);
};

}  // namespace baokms::adapters::jwt
