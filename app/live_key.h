// What OpenBao says of the configured key right now, for commands.
#pragma once

#include <optional>
#include <string>

#include "app/one_shot.h"
#include "core/model/transit_key_metadata.h"

namespace baokms::app {

struct LiveKey {
  std::optional<core::TransitKeyMetadata> metadata;  // none: it could not be read
  // Empty: read, and the mount does not create keys on encrypt. Else `<class or reason>: <what to
  // do>`, in bounded words.
  std::string problem;
};

// Logs in and reads; blocks for auth.loginTimeout and openbao.timeout at most.
LiveKey ReadLiveKey(const OneShot& one_shot);

}  // namespace baokms::app
