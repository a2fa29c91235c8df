// Where the client certificate of a login comes from (auth.md, "Certificates"): a PKCS#11 token, a
// SPIFFE Workload API.
#pragma once

#include <expected>

#include "core/model/client_identity.h"
#include "core/model/login.h"
#include "core/model/time.h"
#include "ports/completion.h"

namespace baokms::ports {

// Never null.
using IdentityResult = std::expected<core::ClientIdentityRef, core::LoginFailure>;

class CertificateSource {
 public:
  virtual ~CertificateSource() = default;
  // The certificate to present now and its key, both read at each call; neither is judged yet.
  // Completes at the latest at the deadline; the completion may sign with the key, and wait for
  // that. One call at a time: the next one after the completion was called, and not from inside it.
  virtual void Acquire(core::MonotonicTime deadline, CompletionWith<IdentityResult> done) = 0;
};

}  // namespace baokms::ports
