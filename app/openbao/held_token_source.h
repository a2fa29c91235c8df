// The one token of a command that logs in once (auth.md): nobody renews it, and a request that it
// is refused for stays refused.
#pragma once

#include <memory>
#include <utility>

#include "core/model/error.h"
#include "ports/token_source.h"

namespace baokms::app {

class HeldTokenSource final : public ports::TokenSource {
 public:
  // Before the first call of the others; never null.
  void Hold(ports::TokenRef token) { token_ = std::move(token); }

  ports::TokenRef Current() const override { return token_; }
  std::unique_ptr<ports::PendingCall> Obtain(const core::TokenDenial& /*denied*/,
                                             core::MonotonicTime /*deadline*/,
                                             ports::Completion<ports::TokenRef> done) override {
    done(std::unexpected(core::NoToken()));
    return nullptr;
  }
  void Reject(std::uint64_t /*generation*/) override {}

 private:
  ports::TokenRef token_;
};

}  // namespace baokms::app
