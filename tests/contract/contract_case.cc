#include "tests/contract/contract_case.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "tests/support/harness/emulator_under_test.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/real_openbao.h"

namespace baokms::testing {
namespace {

std::unique_ptr<OpenBaoUnderTest>& Slot() {
  static std::unique_ptr<OpenBaoUnderTest> server;
  return server;
}

std::string Target() {
  const char* target = std::getenv("BAOKMS_CONTRACT_TARGET");
  return target == nullptr || *target == '\0' ? "emulator" : target;
}

// Of the emulator that the variable asks for; nothing when it asks for none.
std::optional<emulator::Release> EmulatedRelease() {
  constexpr std::string_view kEmulator = "emulator-";
  const std::string target = Target();
  if (target == "emulator") return emulator::Release();
  if (!target.starts_with(kEmulator)) return std::nullopt;
  return emulator::Release::Parse(target.substr(kEmulator.size()));
}

SetupOptions OwnNames(SetupOptions options) {
  static std::atomic<int> count = 0;
  const std::string number = std::to_string(++count);
  options.transit_mount = "team/transit-" + number;
  options.key_name = "k8s-" + number;
  options.auth_mount = "auth/jwt-" + number;
  options.role = "role-" + number;
  options.policy = "policy-" + number;
  return options;
}

}  // namespace

OpenBaoUnderTest& ServerUnderTest() {
  if (Slot() == nullptr) {
    if (auto release = EmulatedRelease()) {
      emulator::Emulator::Options options;
      options.release = *std::move(release);
      Slot() = std::make_unique<EmulatorUnderTest>(std::move(options));
    } else {
      Slot() = std::make_unique<RealOpenBao>(FindRealOpenBao().value());
    }
  }
  return *Slot();
}

void UseRaftStorage() {
  if (Target() != "openbao") return;
  Slot() = std::make_unique<RealOpenBao>(FindRealOpenBao().value(), OpenBaoStorage::kRaft);
}

bool KnownTarget() { return Target() == "openbao" || EmulatedRelease().has_value(); }

void StopServerUnderTest() { Slot().reset(); }

bool Since(int major, int minor) {
  const std::string version = ServerUnderTest().version();
  int its_major = 0;
  int its_minor = 0;
  if (std::sscanf(version.c_str(), "%d.%d.", &its_major, &its_minor) != 2) {
    throw HarnessError("not a version: " + version);
  }
  return std::pair(its_major, its_minor) >= std::pair(major, minor);
}

ContractCase::ContractCase(SetupOptions options)
    : server(ServerUnderTest()),
      setup(server, OwnNames(std::move(options))),
      ports(server, {.name_space = setup.options().name_space,
                     .transit_mount = setup.options().transit_mount,
                     .key_name = setup.options().key_name}),
      root(TokenOf(server.root_token())) {}

std::string ContractCase::Ciphertext() {
  const auto sealed = ports.Encrypt(root, "hello", 1, kAad);
  if (!sealed) throw HarnessError("encrypt: " + Words(sealed.error()));
  return sealed->bytes();
}

}  // namespace baokms::testing
