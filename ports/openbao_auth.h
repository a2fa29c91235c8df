// OpenBao's side of logging in: what every login source shares (auth.md).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/model/client_identity.h"
#include "core/model/openbao_operation.h"
#include "core/model/openbao_token.h"
#include "core/model/secret.h"
#include "core/model/time.h"
#include "ports/completion.h"

namespace baokms::ports {

// Any thread, never blocks.
class OpenBaoAuth {
 public:
  virtual ~OpenBaoAuth() = default;
  // POST /v1/<mount_path>/login with `json_body`. 400, 403 and 500 "missing name in alias" are
  // LoginRefused(), a certificate that did not arrive is LoginCertificateMissing(); other failures
  // keep their own cause; of a 200, one that wants a second factor is SecondFactorWanted(), a token
  // for a number of calls TokenUsesLimited(), and one without a usable auth object
  // OpenBaoFailure(kUnavailable).
  virtual void Login(core::OpenBaoOperation operation, const std::string& mount_path,
                     core::Secret json_body, core::ClientIdentityRef identity,
                     core::MonotonicTime deadline, Completion<core::TokenGrant> done) = 0;
  // auth/token/renew-self. A reply without an auth object (a 204 too) is
  // OpenBaoFailure(kUnavailable).
  virtual void RenewSelf(std::shared_ptr<const core::HeldToken> token,
                         std::chrono::seconds increment, core::ClientIdentityRef identity,
                         core::MonotonicTime deadline, Completion<core::TokenGrant> done) = 0;
};

}  // namespace baokms::ports
