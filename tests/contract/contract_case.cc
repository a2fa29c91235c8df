#include "tests/contract/contract_case.h"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "tests/support/harness/emulator_under_test.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/real_openbao.h"

namespace baokms::testing {
namespace {

std::unique_ptr<OpenBaoUnderTest>& Slot() {
  static std::unique_ptr<OpenBaoUnderTest> server;
  return server;
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
    const char* target = std::getenv("BAOKMS_CONTRACT_TARGET");
    if (target == nullptr || std::string_view(target) != "openbao") {
      Slot() = std::make_unique<EmulatorUnderTest>();
    } else {
      Slot() = std::make_unique<RealOpenBao>(FindRealOpenBao().value());
    }
  }
  return *Slot();
}

void StopServerUnderTest() { Slot().reset(); }

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
