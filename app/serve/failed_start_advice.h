// The plain line that ends a failed start: what a person must fix, naming the configuration field
// or the condition, never a value (observability.md, "Logs").
#pragma once

#include <string>
#include <string_view>

#include "app/serve/key_driver.h"

namespace baokms::app {

// No later attempt can go otherwise: there is no state, and none can be made of a rotated key.
bool IsHopeless(const ProbeReport& last);

// Whether a provider that did not become healthy in its grace time serves all the same: it has keys
// from an earlier run and a token, and OpenBao answers, so that known identities may still be read
// (request-scheduling.md, "Start"). `recovered`: a trusted state was found on disk.
bool ServesUnhealthy(const ProbeReport& last, bool recovered, bool has_token);

// Its error_class in the log: the class of the call that failed, or a word of start_problem.h.
std::string_view FailedStartClass(const ProbeReport& last);

// `login_advice`: what the last failed login said, empty without one.
std::string FailedStartAdvice(const ProbeReport& last, std::string_view login_advice);

}  // namespace baokms::app
