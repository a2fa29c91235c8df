// Where the JWT of a login comes from (auth.md, "JWT"): a file, an OAuth 2.0 token endpoint, a
// SPIFFE Workload API.
#pragma once

#include <expected>
#include <functional>

#include "core/model/login.h"
#include "core/model/secret.h"
#include "core/model/time.h"

namespace baokms::ports {

// The JWT in compact form and nothing else.
using JwtResult = std::expected<core::Secret, core::LoginFailure>;

class JwtSource {
 public:
  virtual ~JwtSource() = default;
  // A JWT fit for one login, obtained anew; its claims are not judged yet. `done` is called exactly
  // once, at the latest at the deadline, on any thread, possibly before Fetch returns. One call at
  // a time.
  virtual void Fetch(core::MonotonicTime deadline,
                     std::move_only_function<void(JwtResult)> done) = 0;
};

}  // namespace baokms::ports
