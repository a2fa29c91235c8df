// What is done with a reply of FetchJWTSVID (auth.md, "source spiffe"). The token's claims are
// judged where every JWT's are.
#pragma once

#include <expected>
#include <string_view>

#include "adapters/spiffe/agent_problem.h"
#include "core/model/secret.h"

namespace baokms::adapters::spiffe {

// The first JWT-SVID of `spiffe_id` in the message; others and hints are ignored. `message` is a
// whole JWTSVIDResponse; its copies of the tokens are wiped.
std::expected<core::Secret, AgentProblem> ReadJwtSvid(const core::Secret& message,
                                                      std::string_view spiffe_id);

}  // namespace baokms::adapters::spiffe
