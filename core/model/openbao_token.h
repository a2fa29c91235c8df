// One OpenBao token as a login or renewal gave it (auth.md, "Token manager").
#pragma once

#include <cstdint>

#include "core/model/client_identity.h"
#include "core/model/secret.h"
#include "core/model/time.h"
#include "core/model/token_denial.h"

namespace baokms::core {

// What a login or renew-self returns.
struct TokenGrant {
  Secret value;
  std::chrono::seconds lease{0};
  bool renewable = false;
};

// A held token. Shared by requests, which note in `accepted` what it was good for; the rest is
// immutable. `generation` tells a late rejection of an older token from one of the current token.
struct HeldToken {
  std::uint64_t generation = 0;
  Secret value;
  BootTime expires_at;
  // The certificate of the login that gave it: what its requests present to a server that lets
  // nobody in without one. Null: it was no login by certificate.
  ClientIdentityRef presented{};
  AcceptedOperations accepted = {};
};

}  // namespace baokms::core
