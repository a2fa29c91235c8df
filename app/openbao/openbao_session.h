// One login to OpenBao and a few calls with its token, each awaited: for commands. No renewal, no
// second try, no threads once it is gone.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>

#include "app/openbao/held_token_source.h"
#include "app/openbao/one_shot.h"
#include "app/openbao/openbao_clients.h"
#include "core/model/login.h"
#include "core/rotation/metadata_read.h"
#include "ports/transit.h"

namespace baokms::app {

class OpenBaoSession {
 public:
  // Reads the CA file and starts the transports; talks to nobody yet. What `one_shot` refers to
  // outlives the session. The error is for a person.
  static std::expected<std::unique_ptr<OpenBaoSession>, std::string> Open(const OneShot& one_shot);

  // Within auth.loginTimeout, once the names have been looked up (OpenBaoClients::AwaitNames):
  // there is no second try for which they would be known.
  std::expected<void, core::LoginFailure> Login();

  // The rest after a good login; each call within openbao.timeout.
  // The key's metadata, then disable_upsert.
  core::MetadataOutcome ReadKey();
  // For any other call, with app/openbao/await.h.
  ports::TransitPort& transit() { return *clients_.transit; }
  ports::TokenRef token() const { return tokens_.Current(); }
  ports::TokenSource& tokens() { return tokens_; }
  std::chrono::seconds lease() const { return lease_; }
  core::MonotonicTime CallDeadline() const;

 private:
  OpenBaoSession(const OneShot& one_shot, OpenBaoClients clients)
      : one_shot_(one_shot), clients_(std::move(clients)) {}

  const OneShot one_shot_;
  OpenBaoClients clients_;
  HeldTokenSource tokens_;
  std::chrono::seconds lease_{0};
};

}  // namespace baokms::app
