// Why the SPIFFE agent gave no SVID to log in with, and what a person should do about it: names the
// configuration field, never its value, a path or the agent's words (observability.md, "A failed
// start").
#pragma once

#include <cstdint>

#include "core/model/login.h"

namespace baokms::adapters::spiffe {

enum class AgentProblem : std::uint8_t {
  // The agent is not there, or does not answer.
  kNoSocket,       // nothing at the configured path
  kNotAllowed,     // this user may not open the socket
  kNobodyListens,  // a socket, but nobody takes the connection
  kLost,           // the connection ended, or UNAVAILABLE
  kSilent,         // no answer in time
  kFailed,         // any other gRPC status
  // The agent has answered.
  kNoIdentity,     // PERMISSION_DENIED: no registration entry for this process
  kNoWorkloadApi,  // INVALID_ARGUMENT or UNIMPLEMENTED: something else answers there
  kUnreadable,     // the reply is no Workload API message, or lacks what it must have
  kOtherIdentity,  // SVIDs, but none of the configured SPIFFE ID
  kDamaged,        // the X.509-SVID's certificates or key do not parse
  kWrongName,      // its URI SANs are not exactly the SPIFFE ID
  kAuthority,      // its leaf may sign certificates
  kKeyMismatch,    // its key is not the leaf's
};

// Whose fields the advice names.
enum class SvidKind : std::uint8_t { kX509, kJwt };

core::LoginFailure FailureOf(SvidKind kind, AgentProblem problem);

}  // namespace baokms::adapters::spiffe
