// Work straight on Transit, with what the provider would send.
#pragma once

#include <string>

#include "tests/support/harness/openbao_setup.h"
#include "tests/support/harness/openbao_under_test.h"
#include "tests/support/harness/provider_config.h"

namespace baokms::testing {

struct TransitWork {
  std::string encrypt_path;  // below /v1/
  std::string encrypt_body;
  std::string decrypt_path;
  std::string decrypt_body;  // of a ciphertext that was made for it
};

// Under this version of the key. Throws HarnessError when Transit refuses.
TransitWork PrepareTransit(const OpenBaoUnderTest& openbao, const ProviderConfig& config,
                           const OpenBaoSetup& setup, const std::string& token,
                           const std::string& plaintext, int key_version = 1);

}  // namespace baokms::testing
