#include "app/serve/loop_alarm.h"

#include <doctest/doctest.h>

#include <memory>
#include <thread>
#include <vector>

#include "tests/support/loop/loop_bench.h"

namespace baokms::app {
namespace {

using namespace std::chrono_literals;

struct AlarmBench : testing::LoopBench {
  LoopAlarm alarm{loop, clock};
  std::vector<int> rung;  // the loop's thread, until it has settled

  AlarmBench() { loop.Start(); }
  ~AlarmBench() { loop.Stop(); }
  void At(core::Duration time, int number) {
    alarm.At(clock.Now().monotonic + time, [this, number] { rung.push_back(number); });
    Settle();
  }
};

TEST_CASE_FIXTURE(AlarmBench, "Alarm: each rings once when its time has come") {
  At(2s, 2);
  At(1s, 1);
  At(3s, 3);
  CHECK(rung.empty());
  Pass(999ms);
  CHECK(rung.empty());
  Pass(1ms);
  CHECK(rung == std::vector{1});
  Pass(1s);
  CHECK(rung == std::vector{1, 2});
  At(500ms, 4);
  Pass(500ms);
  CHECK(rung == std::vector{1, 2, 4});
  Pass(1h);
  CHECK(rung == std::vector{1, 2, 4, 3});
}

TEST_CASE_FIXTURE(AlarmBench, "Alarm: a time that has passed rings too and on the loop alone") {
  std::thread::id rang;
  alarm.At(clock.Now().monotonic - 1s, [&] { rang = std::this_thread::get_id(); });
  Settle();
  CHECK(rang != std::thread::id());
  CHECK(rang != std::this_thread::get_id());
}

TEST_CASE("Alarm: what a loop that has ended is asked for is dropped") {
  const auto held = std::make_shared<int>();
  {
    testing::LoopBench b;
    LoopAlarm alarm(b.loop, b.clock);
    b.loop.Start();
    alarm.At(b.clock.Now().monotonic + 1s, [held] { FAIL("rang"); });
    b.loop.Stop();
    alarm.At(b.clock.Now().monotonic, [held] { FAIL("rang"); });
  }
  CHECK(held.use_count() == 1);
}

}  // namespace
}  // namespace baokms::app
