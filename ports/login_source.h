// Yields one OpenBao token and renews it (auth.md): by JWT, and with the build options by client
// certificate.
#pragma once

#include <chrono>
#include <memory>

#include "core/model/login.h"
#include "core/model/openbao_token.h"
#include "core/model/time.h"
#include "ports/completion.h"

namespace baokms::ports {

// One call of either kind at a time: the next one after the completion was called, and not from
// inside it.
class LoginSource {
 public:
  virtual ~LoginSource() = default;
  // Obtains and checks the local credential, then logs in; `deadline` bounds both.
  virtual void Login(core::MonotonicTime deadline, CompletionWith<core::LoginResult> done) = 0;
  // auth/token/renew-self with the token of the last login, over TLS that presents what that login
  // presented.
  virtual void Renew(std::shared_ptr<const core::HeldToken> token, std::chrono::seconds increment,
                     core::MonotonicTime deadline, CompletionWith<core::RenewalResult> done) = 0;
};

}  // namespace baokms::ports
