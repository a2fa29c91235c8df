// What the callers of requests abandon, also while completions on another thread begin more.
#include "core/transit/work_under_way.h"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <thread>

namespace baokms::core {
namespace {

constexpr int kCalls = 4;
using Counts = std::array<std::atomic<int>, kCalls>;

class CountedCall final : public ports::PendingCall {
 public:
  explicit CountedCall(std::atomic<int>& abandoned) : abandoned_(abandoned) {}
  void Abandon() override { ++abandoned_; }

 private:
  std::atomic<int>& abandoned_;
};

std::unique_ptr<ports::PendingCall> CallOf(std::atomic<int>& abandoned) {
  return std::make_unique<CountedCall>(abandoned);
}

}  // namespace

TEST_CASE("Work under way: an abandon reaches what was begun and what begins later") {
  Counts counts{};
  const auto work = std::make_shared<WorkUnderWay>();
  const auto handle = HandleOf(work);
  work->Add(CallOf(counts[0]));
  work->Add(nullptr);  // completed inside the call, or cannot be abandoned
  work->Add(CallOf(counts[1]));
  CHECK_FALSE(work->abandoned());
  CHECK(counts[0] == 0);
  handle->Abandon();
  CHECK(work->abandoned());
  CHECK(counts[0] == 1);
  CHECK(counts[1] == 1);
  work->Add(CallOf(counts[2]));
  CHECK(counts[2] == 1);
  handle->Abandon();  // any number of times
}

TEST_CASE("Work under way: the handle outlives everything else") {
  Counts counts{};
  auto work = std::make_shared<WorkUnderWay>();
  work->Add(CallOf(counts[0]));
  const auto handle = HandleOf(std::move(work));
  handle->Abandon();
  CHECK(counts[0] == 1);
}

TEST_CASE("Work under way: no call is missed however adding and abandoning race") {
  for (int round = 0; round < 2000; ++round) {
    Counts counts{};
    const auto work = std::make_shared<WorkUnderWay>();
    std::atomic<int> ready = 0;
    const auto meet = [&ready] {
      ++ready;
      while (ready < 3) std::this_thread::yield();
    };
    std::thread one([&] {
      meet();
      for (int i = 0; i < kCalls; i += 2) work->Add(CallOf(counts[static_cast<std::size_t>(i)]));
    });
    std::thread other([&] {
      meet();
      for (int i = 1; i < kCalls; i += 2) work->Add(CallOf(counts[static_cast<std::size_t>(i)]));
    });
    meet();
    HandleOf(work)->Abandon();
    one.join();
    other.join();
    for (const auto& abandoned : counts) REQUIRE(abandoned >= 1);
  }
}

}  // namespace baokms::core
