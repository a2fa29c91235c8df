#include "app/serve/control_loop.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "app/process/system_clock.h"

namespace baokms::app {
namespace {

using std::chrono::milliseconds;

// Runs `task` on the loop and waits for it.
template <typename Task>
void OnLoop(ControlLoop& loop, Task task) {
  std::promise<void> done;
  loop.Post([&] {
    task();
    done.set_value();
  });
  REQUIRE(done.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}

}  // namespace

TEST_CASE("Loop: tasks of one thread run in the order they were posted") {
  SystemClock clock;
  ControlLoop loop(clock);
  loop.Start();
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) {
    loop.Post([&order, i] { order.push_back(i); });
  }
  OnLoop(loop, [] {});
  REQUIRE(order.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("Loop: tasks of many threads never run at the same time and none is lost") {
  SystemClock clock;
  ControlLoop loop(clock);
  loop.Start();
  int count = 0;  // unguarded: ThreadSanitizer would see two tasks at once
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 500; ++k) loop.Post([&count] { ++count; });
    });
  }
  for (std::thread& thread : threads) thread.join();
  OnLoop(loop, [] {});
  CHECK(count == 4000);
}

TEST_CASE("Loop: a timer fires once at its time, and a later arming replaces an earlier one") {
  SystemClock clock;
  ControlLoop loop(clock);
  std::promise<core::MonotonicTime> fired;
  std::atomic<int> times = 0;
  const auto timer = loop.AddTimer([&] {
    if (++times == 1) fired.set_value(clock.Now().monotonic);
  });
  loop.Start();
  core::MonotonicTime due;
  OnLoop(loop, [&] {
    loop.Arm(timer, clock.Now().monotonic + std::chrono::hours(1));
    due = clock.Now().monotonic + milliseconds(30);
    loop.Arm(timer, due);
  });
  auto result = fired.get_future();
  REQUIRE(result.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  CHECK(result.get() >= due);
  std::this_thread::sleep_for(milliseconds(50));
  CHECK(times == 1);
}

TEST_CASE("Loop: a timer fires although tasks keep coming") {
  SystemClock clock;
  ControlLoop loop(clock);
  std::promise<void> fired;
  const auto timer = loop.AddTimer([&] { fired.set_value(); });
  loop.Start();
  OnLoop(loop, [&] { loop.Arm(timer, clock.Now().monotonic + milliseconds(10)); });
  std::atomic<bool> stop = false;
  std::thread noise([&] {
    while (!stop) {
      loop.Post([] {});
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  });
  CHECK(fired.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  stop = true;
  noise.join();
}

TEST_CASE("Loop: a task that posts for ever does not starve the timers") {
  SystemClock clock;
  ControlLoop loop(clock);
  std::promise<void> fired;
  std::atomic<bool> stop = false;
  const auto timer = loop.AddTimer([&] { fired.set_value(); });
  loop.Start();
  std::function<void()> again = [&] {
    if (!stop) loop.Post([&] { again(); });
  };
  OnLoop(loop, [&] { loop.Arm(timer, clock.Now().monotonic + milliseconds(10)); });
  loop.Post([&] { again(); });
  CHECK(fired.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  stop = true;
  loop.Stop();
}

TEST_CASE("Loop: stopping runs what was posted before and drops what comes after") {
  SystemClock clock;
  ControlLoop loop(clock);
  loop.Start();
  bool before = false;
  bool after = false;
  CHECK(loop.Post([&] {
    std::this_thread::sleep_for(milliseconds(20));
    before = true;
  }));
  loop.Stop();
  CHECK_FALSE(loop.Post([&] { after = true; }));
  CHECK(before);
  CHECK_FALSE(after);
}

}  // namespace baokms::app
