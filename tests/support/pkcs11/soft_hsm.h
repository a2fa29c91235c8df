// SoftHSM2 with tokens of a test's own, in a directory of its own.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {

// One a process at a time: sets SOFTHSM2_CONF here and so for children.
class SoftHsm {
 public:
  SoftHsm();

  static std::string Module();  // the PKCS#11 module's path
  // opensc's, which writes every call to `log`, in front of another one. Sets the environment.
  static std::string SpyModule(const std::string& log, const std::string& behind = Module());

  // Throw HarnessError when SoftHSM's or opensc's tool fails.
  void MakeToken(const std::string& label, const std::string& pin) const;
  void ImportKey(const std::string& token, const std::string& pin, const std::string& key_label,
                 EVP_PKEY* key);

  // With CKA_ALLOWED_MECHANISMS, in pkcs11-tool's words: "RSA-PKCS,RSA-X-509".
  void ImportKeyFor(const std::string& mechanisms, const std::string& token, const std::string& pin,
                    const std::string& key_label, EVP_PKEY* key);
  // Leaves the private key alone, as tokens do that hold no public objects.
  void RemovePublicKey(const std::string& token, const std::string& pin,
                       const std::string& key_label) const;
  // In the order of slots.
  std::vector<std::string> SerialsOfTokens(const std::string& label) const;

  // All tokens, as if pulled and inserted again.
  void PullTokens() const;
  void InsertTokens() const;

  const std::string& configuration() const { return configuration_; }

 private:
  TempDirectory directory_;
  std::string configuration_;
  int keys_ = 0;
};

}  // namespace baokms::testing
