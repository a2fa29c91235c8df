// Throw-away certificate authorities and server identities for tests.
#pragma once

#include <string>
#include <vector>

namespace baokms::tests {

struct Identity {
  std::string certificate_pem;
  std::string key_pem;
};

Identity MakeAuthority(const std::string& name);
// A server certificate for these subject alternative names: "DNS:name" or "IP:address".
Identity IssueServer(const Identity& authority, const std::vector<std::string>& names);

}  // namespace baokms::tests
