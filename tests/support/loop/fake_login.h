// A login source that waits for the test to say how its logins and renewals end.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "ports/login_source.h"

namespace baokms::app::testing {

inline core::TokenGrant Grant(std::string_view value, std::chrono::seconds lease, bool renewable) {
  return {.value = core::Secret::Copy(value), .lease = lease, .renewable = renewable};
}

class FakeLogin final : public ports::LoginSource {
 public:
  // One kind of call and its completion.
  template <typename Result>
  class Calls {
   public:
    using Done = std::move_only_function<void(Result)>;
    void Begin(core::MonotonicTime deadline, Done done) {
      const std::lock_guard lock(mutex_);
      ++calls_;
      deadline_ = deadline;
      done_ = std::move(done);
    }
    void End(Result result) {
      Done done;
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
    Done done_;
  };

  void Login(core::MonotonicTime deadline,
             std::move_only_function<void(core::LoginResult)> done) override {
    logins_.Begin(deadline, std::move(done));
  }
  void Renew(std::shared_ptr<const core::HeldToken> token, std::chrono::seconds increment,
             core::MonotonicTime deadline,
             std::move_only_function<void(core::RenewalResult)> done) override {
    renewed_ = std::move(token);
    increment_ = increment;
    renewal.Begin(deadline, std::move(done));
  }

  void End(core::LoginResult result) { logins_.End(std::move(result)); }
  int calls() const { return logins_.calls(); }
  core::MonotonicTime deadline() const { return logins_.deadline(); }

  Calls<core::RenewalResult> renewal;
  // Of the last renewal; read after the loop has settled.
  const core::HeldToken& renewed() const { return *renewed_; }
  void Forget() { renewed_.reset(); }
  std::chrono::seconds increment() const { return increment_; }

 private:
  Calls<core::LoginResult> logins_;
  std::shared_ptr<const core::HeldToken> renewed_;
  std::chrono::seconds increment_{0};
};

}  // namespace baokms::app::testing
