// The canonical form of a node: two nodes with equal forms behave alike for ever, and so the model
// check explores one of them. docs/model-check.md says why each thing that is left out may be.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/registry/registry.h"
#include "core/rotation/circuit_breaker.h"
#include "tests/unit/model_check/node.h"
#include "tests/unit/model_check/setting.h"

namespace baokms::core::model_check {

class CanonicalForm {
 public:
  // `most_wall_ticks`: how far the wall clock's distance from a stable time is told apart.
  CanonicalForm(const ClockReading& now, int most_wall_ticks)
      : now_(now), most_wall_ticks_(most_wall_ticks) {}

  void Small(int value) { bytes_.push_back(static_cast<char>(value)); }
  // Ticks from now until then, never below none: what is overdue is due.
  void Until(MonotonicTime then);
  // Ticks since then, up to a number from which on they make no difference.
  void Since(std::optional<MonotonicTime> then, int at_most);
  void Since(std::optional<BootTime> then, int at_most);
  void Key(const std::optional<KeyId>& key_id);
  void Breaker(const CircuitBreaker& breaker);

  // Generations are told apart by their contents, numbered in the order they are met; only how they
  // follow one another is kept of generation numbers and hashes.
  void Generation(const std::optional<Registry>& registry);
  void Generation(const RegistryDocument* document);
  void Checkpoint(const CheckpointDocument* checkpoint);
  // By hash; empty: none.
  void Named(const std::string& hash);

  std::string Take() { return std::move(bytes_); }

 private:
  struct Met {
    std::string hash;
    std::int64_t generation;
  };
  bool Known(const std::string& hash);
  void Chain(std::int64_t generation, const std::optional<std::string>& previous,
             const std::string& hash);
  struct Times {
    UnixSeconds observed_at, stable_at, promoted_at;
  };
  void Record(Identity identity, char state, std::int64_t count, const Times& times);

  ClockReading now_;
  int most_wall_ticks_;
  std::string bytes_;
  std::vector<Met> met_;
};

std::string FormOf(const Setting& setting, const Node& node);

}  // namespace baokms::core::model_check
