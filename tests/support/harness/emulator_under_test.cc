#include "tests/support/harness/emulator_under_test.h"

#include "tests/support/harness/harness_error.h"

namespace baokms::testing {

EmulatorUnderTest::EmulatorUnderTest(emulator::Emulator::Options options)
    : root_token_(options.root_token) {
  options.tls.directory = directory_.path();
  options.with_control_port = false;
  emulator_ = std::make_unique<emulator::Emulator>(options);
  const auto port = emulator_->Start();
  if (!port) throw HarnessError("emulator: " + port.error());
}

void EmulatorUnderTest::Control(const std::string& path, const Json& data) {
  const auto reply = emulator_->Control("POST", path, data);
  if (reply.status >= 300)
    throw HarnessError("emulator control " + path + ": " + reply.body.dump());
}

void EmulatorUnderTest::Stop() {
  Control("listener", {{"listening", false}});
  Control("connections/close", {{"reset", true}});
}

void EmulatorUnderTest::Start() { Control("listener", {{"listening", true}}); }

void EmulatorUnderTest::RevokeTokensOf(const std::string& /*auth_mount*/) {
  Control("tokens/revoke", {{"all", true}});
}

void EmulatorUnderTest::QueueFault(const Json& fault) { Control("faults", fault); }

}  // namespace baokms::testing
