// auth/token/: create, look up, renew and revoke.
#pragma once

#include <string>

#include "tests/support/emulator/logical.h"
#include "tests/support/emulator/mounts.h"
#include "tests/support/emulator/tokens.h"

namespace baokms::emulator {

class TokenRoutes {
 public:
  TokenRoutes(const Clock& clock, TokenStore& tokens, const MountTable& mounts)
      : clock_(clock), tokens_(tokens), mounts_(mounts) {}

  Outcome Handle(const Call& call);

 private:
  Outcome Create(const Call& call);
  Outcome LookUp(const std::string& id);
  Outcome Renew(const Call& call, const std::string& id);

  const Clock& clock_;
  TokenStore& tokens_;
  const MountTable& mounts_;
};

}  // namespace baokms::emulator
