// The plain line that ends a failed start: what a person must fix, naming the configuration field
// or the condition, never a value (observability.md, "Logs").
#pragma once

#include <string>
#include <string_view>

#include "app/serve/key_driver.h"

namespace baokms::app {

// No later attempt can go otherwise: there is no state, and none can be made of a rotated key.
bool IsHopeless(const ProbeReport& last);

// `login_advice`: what the last failed login said, empty without one.
std::string FailedStartAdvice(const ProbeReport& last, std::string_view login_advice);

}  // namespace baokms::app
