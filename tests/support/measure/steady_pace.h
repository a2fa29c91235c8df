// A provider's configuration for measuring: it does what a provider in production does, at the same
// pace, so that little but the calls counts.
#pragma once

#include "tests/support/harness/provider_config.h"

namespace baokms::testing {

// Probes and log level as they are by default, and places for every call of a load. Writes it.
inline void SetSteadyPace(ProviderConfig& config) {
  config.tree.erase("status");
  config.tree.erase("rotation");
  config.tree["logging"]["level"] = "info";
  for (const char* places :
       {"maxConcurrentStatus", "maxConcurrentEncrypt", "maxConcurrentDecrypt"}) {
    config.tree["server"][places] = 1024;
  }
  config.Write();
}

}  // namespace baokms::testing
