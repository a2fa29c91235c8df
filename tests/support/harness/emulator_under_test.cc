#include "tests/support/harness/emulator_under_test.h"

#include <chrono>
#include <thread>

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
  // A connection may answer one more request before it has ended: gone means that none is left.
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (OpenConnections() != 0 && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::int64_t EmulatorUnderTest::OpenConnections() {
  const auto reply = emulator_->Control("GET", "counters", Json::object());
  return reply.body.at("connections_open").get<std::int64_t>();
}

void EmulatorUnderTest::Start() { Control("listener", {{"listening", true}}); }

void EmulatorUnderTest::RevokeTokensOf(const std::string& /*auth_mount*/) {
  Control("tokens/revoke", {{"all", true}});
}

void EmulatorUnderTest::QueueFault(const Json& fault) { Control("faults", fault); }

}  // namespace baokms::testing
