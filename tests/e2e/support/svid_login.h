// Logins with SVIDs: what OpenBao must have for them, and a provider's configuration that uses it.
#pragma once

#include <string>
#include <vector>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {

struct SvidAgent {
  std::string socket;  // unix:///...
  std::string spiffe_id;
};

// A cert auth method of the bench's own whose role "node" trusts this authority and accepts these
// URI names; `role` adds to the role.
std::string MountCertAuth(const Bench& bench, const std::string& authority_pem,
                          const std::string& allowed_uri, const Json& role = Json::object());
// A JWT auth method whose role "node" trusts these keys and accepts this subject, for the audience
// "openbao".
std::string MountJwtAuth(const Bench& bench, const std::vector<std::string>& key_pems,
                         const std::string& subject, const Json& role = Json::object());

// Writes the configuration with that login in place of the JWT file.
void UseX509Svid(ProviderConfig& config, const std::string& mount, const SvidAgent& agent);
void UseJwtSvid(ProviderConfig& config, const std::string& mount, const SvidAgent& agent);

}  // namespace baokms::e2e
