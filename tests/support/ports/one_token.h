#pragma once

#include <cstdint>
#include <memory>

#include "ports/token_source.h"

namespace baokms::testing {

// Always has the same token, of generation 1, and never another: Obtain is not answered. Any
// thread.
class OneToken final : public ports::TokenSource {
 public:
  ports::TokenRef Current() const override {
    static const auto kToken = std::make_shared<const core::HeldToken>(
        core::HeldToken{.generation = 1, .value = core::Secret::Copy("t"), .expires_at = {}});
    return kToken;
  }
  std::unique_ptr<ports::PendingCall> Obtain(const core::TokenDenial&, core::MonotonicTime,
                                             ports::Completion<ports::TokenRef>) override {
    return nullptr;
  }
  void Reject(std::uint64_t) override {}
};

}  // namespace baokms::testing
