// Objects as the Go provider would have left them in etcd, encrypted straight by Transit.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/go_files/go_state_file.h"
#include "tests/support/harness/kms_stub.h"
#include "tests/support/harness/openbao_setup.h"

namespace baokms::testing {

// Throws HarnessError when OpenBao refuses.
SealedObject SealAsGo(const OpenBaoSetup& setup, const GoIdentity& identity, std::int64_t version,
                      std::int64_t created_at, const std::string& plaintext);

// What the Go provider would read; empty when OpenBao does not decrypt it.
std::string OpenAsGo(const OpenBaoSetup& setup, const GoIdentity& identity, std::int64_t version,
                     const SealedObject& sealed);

}  // namespace baokms::testing
