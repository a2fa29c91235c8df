// Many callers of one socket, all at once.
#pragma once

#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {

// One connection for each 16 callers, which is less than a uid may have.
class Callers {
 public:
  Callers(const std::string& socket, int count) : count_(count) {
    for (int i = 0; i <= count / 16; ++i) {
      stubs_.push_back(std::make_unique<testing::KmsStub>(socket));
      CHECK(stubs_.back()->Status().status.ok());
    }
  }
  // Runs `call(stub, caller)` on a thread for each caller, all at once, to their end.
  template <typename Call>
  void Run(const Call& call) const {
    std::latch ready(count_);
    std::vector<std::thread> threads;
    for (int caller = 0; caller < count_; ++caller) {
      threads.emplace_back([&, caller] {
        ready.arrive_and_wait();
        call(*stubs_[static_cast<std::size_t>(caller / 16)], caller);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

 private:
  int count_;
  std::vector<std::unique_ptr<testing::KmsStub>> stubs_;
};

}  // namespace baokms::e2e
