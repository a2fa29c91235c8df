// Where the JWT of a login comes from (auth.md, "JWT"): a file, an OAuth 2.0 token endpoint, a
// SPIFFE Workload API.
#pragma once

#include <expected>

#include "core/model/login.h"
#include "core/model/secret.h"
#include "core/model/time.h"
#include "ports/completion.h"

namespace baokms::ports {

// The JWT in compact form and nothing else.
using JwtResult = std::expected<core::Secret, core::LoginFailure>;

class JwtSource {
 public:
  virtual ~JwtSource() = default;
  // A JWT for one login, obtained for this call; its claims are not judged yet. Completes at the
  // latest at the deadline. One call at a time: the next one after the completion was called, and
  // not from inside it.
  virtual void Fetch(core::MonotonicTime deadline, CompletionWith<JwtResult> done) = 0;
};

}  // namespace baokms::ports
