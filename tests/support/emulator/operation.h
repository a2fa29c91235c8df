// The operations that faults and counters are kept by.
#pragma once

#include <string>
#include <string_view>

namespace baokms::emulator {

// One of jwt_login, cert_login, token_renew_self, token_revoke_self, transit_metadata_read,
// transit_disable_upsert_read, transit_encrypt, transit_decrypt, capabilities_self, sys_health,
// other. `path` is below /v1/; `login_type` is the type of the auth mount a login goes to, "" if
// there is none.
std::string_view ClassifyOperation(std::string_view method, std::string_view path,
                                   std::string_view login_type);

bool IsOperation(std::string_view name);  // the above and "any"

}  // namespace baokms::emulator
