// Randomness, as a port: probe plaintexts and backoff jitter.
#pragma once

#include <span>

namespace baokms::ports {

class Random {
 public:
  virtual ~Random() = default;
  // Fills `out` from a cryptographic source. Any thread; never fails.
  virtual void Fill(std::span<char> out) = 0;
};

}  // namespace baokms::ports
