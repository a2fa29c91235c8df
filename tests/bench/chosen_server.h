// The server that a measuring program was told to use, started for it.
#pragma once

#include <optional>
#include <string>

#include "tests/bench/emulator_process.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/real_openbao.h"

namespace baokms::testing {

// `named`: emulator, openbao, or auto, which is openbao if it is there. Returns what `use` does
// with the server and its process; HarnessError when there is none.
template <typename Use>
auto OnChosenServer(const std::string& named, const Use& use) {
  const auto program = named == "emulator" ? std::optional<std::string>() : FindRealOpenBao();
  if (program) {
    RealOpenBao openbao(*program, OpenBaoStorage::kMemory);
    return use(openbao, openbao.pid());
  }
  if (named == "openbao") throw HarnessError(HowToGetOpenBao());
  EmulatorProcess emulator;
  return use(emulator, emulator.pid());
}

}  // namespace baokms::testing
