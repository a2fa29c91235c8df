// Yields one OpenBao token (auth.md): JWT from a file, and what the build options add.
#pragma once

#include <functional>

#include "core/model/login.h"
#include "core/model/time.h"

namespace baokms::ports {

class LoginSource {
 public:
  virtual ~LoginSource() = default;
  // Reads and checks the local credential, then logs in; `deadline` bounds both. `done` is called
  // exactly once, on any thread, possibly before Login returns. One call at a time.
  virtual void Login(core::MonotonicTime deadline,
                     std::move_only_function<void(core::LoginResult)> done) = 0;
};

}  // namespace baokms::ports
