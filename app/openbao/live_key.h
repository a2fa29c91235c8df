// What OpenBao says of the configured key right now, for commands.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "app/openbao/one_shot.h"
#include "app/openbao/openbao_session.h"
#include "core/model/transit_key_metadata.h"

namespace baokms::app {

struct LiveKey {
  std::optional<core::TransitKeyMetadata> metadata;  // none: it could not be read
  // Empty: read, and the mount does not create keys on encrypt. Else `<class or reason>: <what to
  // do>`, in bounded words.
  std::string problem;
};

// A session that has logged in, or a problem as above; blocks as OpenBaoSession::Login does.
std::expected<std::unique_ptr<OpenBaoSession>, std::string> LogIn(const OneShot& one_shot);

// Blocks for openbao.timeout at most; the second one logs in first.
LiveKey ReadLiveKey(OpenBaoSession& session);
LiveKey ReadLiveKey(const OneShot& one_shot);

}  // namespace baokms::app
