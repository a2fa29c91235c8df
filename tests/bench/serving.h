// Whether a KMS v2 plugin serves yet, and who it is.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "tests/support/harness/provider_config.h"
#include "tests/support/harness/provider_process.h"

namespace baokms::testing {

bool Connects(const std::string& socket_path);

// The process that listens there. Throws HarnessError when nobody does.
pid_t ListenerOf(const std::string& socket_path);

// Milliseconds from just before exec until the socket can be connected to. Throws HarnessError when
// that takes 60 s.
double StartMs(const ProviderConfig& config, std::unique_ptr<ProviderProcess>& provider);

}  // namespace baokms::testing
