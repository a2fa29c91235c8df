// Collects what expires on this node and at its OpenBao.
#pragma once

#include <chrono>
#include <vector>

#include "app/expiration/expiration_report.h"
#include "app/openbao/one_shot.h"

namespace baokms::app {

// OpenBao's certificate at each address, their authority, the credential of the login, and the
// running provider's token. `within`: the threshold of certificates that people renew. Blocks for
// openbao.timeout an address, auth.loginTimeout, and some seconds for the provider.
std::vector<Expiration> CollectExpirations(const OneShot& one_shot, std::chrono::seconds within);

}  // namespace baokms::app
