// The two state files in memory, with a log of what was asked and saves that fail on demand.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "adapters/state_file/registry_parser.h"
#include "core/registry/registry.h"
#include "ports/state_store.h"

namespace baokms::testing {

class MemoryStateStore final : public ports::StateStore {
 public:
  using Outcome = std::expected<void, ports::StateProblem>;

  ports::StateFiles files;
  std::vector<std::string> log;  // load, state, checkpoint; failed ones with "!"
  ports::StateProblem problem{.kind = ports::StateProblemKind::kNotSaved, .text = "not saved"};
  bool fail_lock = false;
  bool fail_load = false;
  bool fail_state = false;
  bool fail_checkpoint = false;
  std::function<void()> before_save = [] {};

  MemoryStateStore() = default;
  explicit MemoryStateStore(const core::Registry& held) { Hold(held); }

  void Hold(const core::Registry& registry) {
    files = {.state = registry.ToDocument(), .checkpoint = registry.ToCheckpoint()};
  }

  Outcome Lock() override { return Attempt("lock", fail_lock); }
  std::expected<ports::StateFiles, ports::StateProblem> Load() override {
    if (auto done = Attempt("load", fail_load); !done) return std::unexpected(done.error());
    return files;
  }
  Outcome SaveState(std::string_view bytes) override {
    before_save();
    if (auto done = Attempt("state", fail_state); !done) return done;
    auto parsed = adapters::state_file::ParseRegistry(bytes);
    REQUIRE(parsed);
    files.state = *std::move(parsed);
    return {};
  }
  Outcome SaveCheckpoint(std::string_view bytes) override {
    if (auto done = Attempt("checkpoint", fail_checkpoint); !done) return done;
    auto parsed = adapters::state_file::ParseCheckpoint(bytes);
    REQUIRE(parsed);
    files.checkpoint = *std::move(parsed);
    return {};
  }

 private:
  Outcome Attempt(const std::string& name, bool fails) {
    log.push_back(name + (fails ? "!" : ""));
    if (fails) return std::unexpected(problem);
    return {};
  }
};

}  // namespace baokms::testing
