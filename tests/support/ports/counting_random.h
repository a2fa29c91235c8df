#pragma once

#include <cstddef>
#include <span>

#include "ports/random.h"

namespace baokms::testing {

// Counts up from 1, so that a test can tell what was drawn. One thread.
class CountingRandom final : public ports::Random {
 public:
  std::size_t asked = 0;  // bytes so far

  void Fill(std::span<char> out) override {
    for (char& byte : out) byte = static_cast<char>(++asked);
  }
};

}  // namespace baokms::testing
