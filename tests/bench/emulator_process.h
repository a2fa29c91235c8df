// The emulator as a process of its own, so that what it computes is not the measuring program's.
#pragma once

#include <string>

#include "tests/support/harness/child_process.h"
#include "tests/support/harness/openbao_under_test.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {

// Serves until it is destroyed; whatever would break it throws HarnessError.
class EmulatorProcess final : public OpenBaoUnderTest {
 public:
  EmulatorProcess();

  std::string name() const override { return "emulator"; }
  std::string address() const override { return address_; }
  std::string ca_file() const override { return ca_file_; }
  std::string root_token() const override { return root_token_; }
  pid_t pid() const { return process_.pid(); }

  void Seal() override;
  void Unseal() override;
  void Stop() override;
  void Start() override;
  void RevokeTokensOf(const std::string& auth_mount) override;

 private:
  TempDirectory directory_;
  ChildProcess process_;
  std::string address_;
  std::string ca_file_;
  std::string root_token_;
};

}  // namespace baokms::testing
