// What `benchmark` encrypts: as long as the seed of a data key, random, and nobody's secret.
#pragma once

#include <string>

#include "app/process/system_random.h"

namespace baokms::app {

inline std::string BenchmarkText() {
  std::string text(32, '\0');
  SystemRandom().Fill(text);
  return text;
}

}  // namespace baokms::app
