// The emulator in this process.
#pragma once

#include "tests/support/emulator/emulator.h"
#include "tests/support/harness/openbao_under_test.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {

class EmulatorUnderTest final : public OpenBaoUnderTest {
 public:
  EmulatorUnderTest() : EmulatorUnderTest(emulator::Emulator::Options{}) {}
  // options.tls.directory and with_control_port are set here.
  explicit EmulatorUnderTest(emulator::Emulator::Options options);

  std::string name() const override { return "emulator"; }
  std::string address() const override { return emulator_->Address(); }
  std::string ca_file() const override { return emulator_->tls().ca_file(); }
  std::string root_token() const override { return root_token_; }

  void Seal() override { emulator_->SetSealed(true); }
  void Unseal() override { emulator_->SetSealed(false); }
  void Stop() override;
  void Start() override;
  // All of them, of whatever mount.
  void RevokeTokensOf(const std::string& auth_mount) override;

  // Faults, counters, clock, and what else README.md of the emulator lists.
  emulator::Emulator& emulator() { return *emulator_; }
  // One fault (or an array); throws HarnessError when it is none.
  void QueueFault(const Json& fault);

 private:
  std::int64_t OpenConnections();
  void Control(const std::string& path, const Json& data);

  TempDirectory directory_;
  std::string root_token_;
  std::unique_ptr<emulator::Emulator> emulator_;
};

}  // namespace baokms::testing
