// What is done with a reply of FetchX509SVID (auth.md, "adapters/spiffe X.509-SVID"): the
// configured identity is picked from it and read. Whether it may log in now is judged where every
// client certificate is.
#pragma once

#include <expected>
#include <string_view>

#include "adapters/spiffe/agent_problem.h"
#include "core/model/client_identity.h"
#include "core/model/secret.h"

namespace baokms::adapters::spiffe {

// The first X.509-SVID of `spiffe_id` in the message; others, bundles and hints are ignored. Its
// leaf names exactly that SPIFFE ID by URI, is no authority, and belongs to its key. `message` is a
// whole X509SVIDResponse; its copies of the keys are wiped.
std::expected<core::ClientIdentityRef, AgentProblem> ReadX509Svid(const core::Secret& message,
                                                                  std::string_view spiffe_id);

}  // namespace baokms::adapters::spiffe
