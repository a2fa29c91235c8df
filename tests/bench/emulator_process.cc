#include "tests/bench/emulator_process.h"

#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/within.h"

namespace baokms::testing {
namespace {

using namespace std::chrono_literals;

[[noreturn]] void NotPossible() { throw HarnessError("an emulator under load only serves"); }

}  // namespace

EmulatorProcess::EmulatorProcess()
    : process_({.argv = {BAOKMS_EMULATOR_PATH, "--dir", directory_.File("server")},
                .stdout_file = directory_.File("out"),
                .stderr_file = directory_.File("err")}) {
  Json line;
  const bool serves = Within(10s, 5ms, [&] {
    line = Json::parse(process_.Stdout(), nullptr, false);
    return line.is_object() || !process_.Running();
  });
  if (!serves || !line.is_object()) {
    throw HarnessError("the emulator does not serve: " + process_.Stderr());
  }
  address_ = line.at("address").get<std::string>();
  ca_file_ = line.at("ca_file").get<std::string>();
  root_token_ = line.at("root_token").get<std::string>();
}

void EmulatorProcess::Seal() { NotPossible(); }
void EmulatorProcess::Unseal() { NotPossible(); }
void EmulatorProcess::Stop() { NotPossible(); }
void EmulatorProcess::Start() { NotPossible(); }
void EmulatorProcess::RevokeTokensOf(const std::string& /*auth_mount*/) { NotPossible(); }

}  // namespace baokms::testing
