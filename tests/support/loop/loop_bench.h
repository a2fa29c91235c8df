// A control loop on a clock that the test moves, and ports that answer when the test says so.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <future>
#include <mutex>
#include <utility>
#include <vector>

#include "app/serve/control_loop.h"
#include "tests/support/ports/fake_clock.h"

namespace baokms::app::testing {

// Replies of fake ports, given on the test's thread: never from inside the call that asked.
class Replies {
 public:
  using Reply = std::move_only_function<void()>;
  void Add(Reply reply) {
    const std::lock_guard lock(mutex_);
    replies_.push_back(std::move(reply));
  }
  // False when there was none.
  bool GiveAll() {
    std::vector<Reply> replies;
    {
      const std::lock_guard lock(mutex_);
      replies = std::exchange(replies_, {});
    }
    for (Reply& reply : replies) reply();
    return !replies.empty();
  }

 private:
  std::mutex mutex_;
  std::vector<Reply> replies_;
};

struct LoopBench {
  baokms::testing::FakeClock clock;
  ControlLoop loop{clock};
  Replies replies;

  // Waits until the loop has run what was posted and fired the timers that are due.
  void Settle() {
    for (int turn = 0; turn < 3; ++turn) {
      std::promise<void> done;
      loop.Post([&done] { done.set_value(); });
      REQUIRE(done.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    }
  }
  // Settles and lets the ports answer, until nothing is under way.
  void Run() {
    do Settle();
    while (replies.GiveAll());
  }
  void Pass(core::Duration time) {
    clock.Pass(time);
    Run();
  }
};

}  // namespace baokms::app::testing
