// A seed for jitter: of the token keeper's waits and of a SPIFFE agent's next connection.
#pragma once

#include <cstdint>

#include "ports/random.h"

namespace baokms::app {

inline std::uint64_t RandomSeed(ports::Random& random) {
  std::uint64_t seed = 0;
  random.Fill({reinterpret_cast<char*>(&seed), sizeof seed});  // an integer's bytes
  return seed;
}

}  // namespace baokms::app
