// Where the client certificate of a login comes from (auth.md, "Certificates"): a PKCS#11 token, a
// SPIFFE Workload API.
#pragma once

#include <expected>
#include <functional>

#include "core/model/client_identity.h"
#include "core/model/login.h"
#include "core/model/time.h"

namespace baokms::ports {

// Never null.
using IdentityResult = std::expected<core::ClientIdentityRef, core::LoginFailure>;

class CertificateSource {
 public:
  virtual ~CertificateSource() = default;
  // The certificate to present now, read anew, and its key; neither is judged yet. `done` is called
  // exactly once, at the latest at the deadline, on any thread, possibly before Acquire returns.
  // One call at a time.
  virtual void Acquire(core::MonotonicTime deadline,
                       std::move_only_function<void(IdentityResult)> done) = 0;
};

}  // namespace baokms::ports
