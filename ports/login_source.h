// Yields one OpenBao token and renews it (auth.md): by JWT, and with the build options by client
// certificate.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "core/model/login.h"
#include "core/model/openbao_token.h"
#include "core/model/time.h"

namespace baokms::ports {

// One call of either kind at a time; `done` is called exactly once, on any thread, possibly before
// the call returns.
class LoginSource {
 public:
  virtual ~LoginSource() = default;
  // Obtains and checks the local credential, then logs in; `deadline` bounds both.
  virtual void Login(core::MonotonicTime deadline,
                     std::move_only_function<void(core::LoginResult)> done) = 0;
  // auth/token/renew-self with the token of the last login, over TLS that presents what that login
  // presented.
  virtual void Renew(std::shared_ptr<const core::HeldToken> token, std::chrono::seconds increment,
                     core::MonotonicTime deadline,
                     std::move_only_function<void(core::RenewalResult)> done) = 0;
};

}  // namespace baokms::ports
