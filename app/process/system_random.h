// The kernel's randomness.
#pragma once

#include "ports/random.h"

namespace baokms::app {

class SystemRandom final : public ports::Random {
 public:
  void Fill(std::span<char> out) override;
};

}  // namespace baokms::app
