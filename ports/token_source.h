// The token keeper as request handlers see it (auth.md, "Token manager").
#pragma once

#include <cstdint>
#include <memory>

#include "core/model/time.h"
#include "core/model/token_denial.h"
#include "ports/completion.h"
#include "ports/transit.h"

namespace baokms::ports {

class TokenSource {
 public:
  virtual ~TokenSource() = default;
  // The held token, null when there is none. Any thread, never waits.
  virtual TokenRef Current() const = 0;
  // Asks for a token other than the one that was denied ({}: any). Completes with a newer token, or
  // with why there is none now: NoToken() when the denial stands (recovery is throttled, or the
  // policy denies this operation), else the login's failure or the deadline's. Any thread, never
  // blocks. What is returned may be null; abandoned, the wait ends at once, with Cancelled().
  virtual std::unique_ptr<PendingCall> Obtain(const core::TokenDenial& denied,
                                              core::MonotonicTime deadline,
                                              Completion<TokenRef> done) = 0;
  // The one retry was answered 401 too: the token is dropped if it is still the current one, and
  // nobody waits.
  virtual void Reject(std::uint64_t generation) = 0;
};

}  // namespace baokms::ports
