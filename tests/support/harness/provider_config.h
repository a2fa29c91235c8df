// A provider's surroundings in a directory of the test's own: configuration, CA, JWT, state,
// socket, with the modes the provider asks for.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/support/harness/openbao_setup.h"
#include "tests/support/harness/openbao_under_test.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {

class ProviderConfig {
 public:
  // Short intervals, JWT from a file, ports that were free; a JWT is minted and the CA copied.
  // Names follow `setup`. Writes everything.
  ProviderConfig(const OpenBaoUnderTest& openbao, const OpenBaoSetup& setup);

  // The whole configuration, to be changed before Write: tree["status"]["probeInterval"] = "1s".
  Json tree;

  // Writes config.yaml anew from `tree` (JSON is YAML).
  void Write() const;
  // config.yaml with this text instead.
  void WriteText(std::string_view yaml) const;
  void WriteJwt(const std::string& jwt) const;
  void WriteCa(const std::string& pem) const;

  std::string config_file() const { return directory_->File("config.yaml"); }
  std::string jwt_file() const { return directory_->File("identity.jwt"); }
  std::string ca_file() const { return directory_->File("ca.pem"); }
  std::string socket_directory() const { return directory_->File("run"); }
  std::string socket() const { return socket_directory() + "/kms.sock"; }
  std::string state_file() const { return directory_->File("state") + "/key-registry.json"; }
  // host:port; empty when switched off in `tree`.
  std::string health_address() const;
  std::string metrics_address() const;
  const TempDirectory& directory() const { return *directory_; }

 private:
  std::unique_ptr<TempDirectory> directory_;
};

}  // namespace baokms::testing
