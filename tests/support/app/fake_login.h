// A login source and a token renewal that wait for the test to say how they end.
#pragma once

#include <doctest/doctest.h>

#include <mutex>
#include <string>
#include <utility>

#include "ports/login_source.h"
#include "ports/openbao_auth.h"

namespace baokms::app::testing {

inline core::TokenGrant Grant(std::string_view value, std::chrono::seconds lease, bool renewable) {
  return {.value = core::Secret::Copy(value), .lease = lease, .renewable = renewable};
}

class FakeLogin final : public ports::LoginSource {
 public:
  void Login(core::MonotonicTime deadline,
             std::move_only_function<void(core::LoginResult)> done) override {
    const std::lock_guard lock(mutex_);
    ++calls_;
    deadline_ = deadline;
    done_ = std::move(done);
  }
  void End(core::LoginResult result) {
    std::move_only_function<void(core::LoginResult)> done;
    {
      const std::lock_guard lock(mutex_);
      done = std::exchange(done_, nullptr);
    }
    REQUIRE(done);
    done(std::move(result));
  }
  int calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  core::MonotonicTime deadline() const {
    const std::lock_guard lock(mutex_);
    return deadline_;
  }

 private:
  mutable std::mutex mutex_;
  int calls_ = 0;
  core::MonotonicTime deadline_;
  std::move_only_function<void(core::LoginResult)> done_;
};

class FakeRenewal final : public ports::TokenRenewal {
 public:
  void RenewSelf(std::shared_ptr<const core::HeldToken> token, std::chrono::seconds increment,
                 core::MonotonicTime deadline, ports::Completion<core::TokenGrant> done) override {
    const std::lock_guard lock(mutex_);
    ++calls_;
    renewed_ = std::move(token);
    increment_ = increment;
    deadline_ = deadline;
    done_ = std::move(done);
  }
  void End(core::Result<core::TokenGrant> result) {
    ports::Completion<core::TokenGrant> done;
    {
      const std::lock_guard lock(mutex_);
      done = std::exchange(done_, nullptr);
    }
    REQUIRE(done);
    done(std::move(result));
  }
  int calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  // Of the last call; read after the loop has settled.
  const core::HeldToken& renewed() const { return *renewed_; }
  std::chrono::seconds increment() const { return increment_; }
  core::MonotonicTime deadline() const { return deadline_; }

 private:
  mutable std::mutex mutex_;
  int calls_ = 0;
  std::shared_ptr<const core::HeldToken> renewed_;
  std::chrono::seconds increment_{0};
  core::MonotonicTime deadline_;
  ports::Completion<core::TokenGrant> done_;
};

}  // namespace baokms::app::testing
