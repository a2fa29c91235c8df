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
// Offsets in seconds from now.
struct Validity {
  long not_before = -3600;
  long not_after = 3600;
};
Identity IssueServer(const Identity& authority, const std::vector<std::string>& names,
                     Validity validity = {});
// The same, but its extended key usage is clientAuth alone.
Identity IssueForClients(const Identity& authority, const std::vector<std::string>& names);

}  // namespace baokms::tests
