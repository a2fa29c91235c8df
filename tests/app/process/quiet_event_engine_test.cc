// gRPC's tasks and timers on our own engine.
#include "app/process/quiet_event_engine.h"

#include <dirent.h>
#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace baokms::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 10s;

std::size_t ThreadCount() {
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(opendir("/proc/self/task"), closedir);
  REQUIRE(tasks);
  std::size_t count = 0;
  while (const dirent* entry = readdir(tasks.get())) count += entry->d_name[0] != '.' ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("Quiet event engine: it has no thread before its first task") {
  std::thread([] {}).join();  // a sanitizer has a thread of its own from the first one on
  const std::size_t before = ThreadCount();
  QuietEventEngine engine;
  CHECK(ThreadCount() == before);
  std::promise<bool> ran;
  engine.Run([&] { ran.set_value(engine.IsWorkerThread()); });
  auto on_worker = ran.get_future();
  REQUIRE(on_worker.wait_for(kPatience) == std::future_status::ready);
  CHECK(on_worker.get());
  CHECK(!engine.IsWorkerThread());
  CHECK(ThreadCount() == before + 1);
}

TEST_CASE("Quiet event engine: tasks run in the order of their times and not before") {
  QuietEventEngine engine;
  std::vector<int> order;
  std::promise<void> all;
  const auto began = std::chrono::steady_clock::now();
  engine.RunAfter(60ms, [&] {
    order.push_back(3);
    all.set_value();
  });
  engine.RunAfter(30ms, [&] { order.push_back(2); });
  engine.Run([&] { order.push_back(1); });
  REQUIRE(all.get_future().wait_for(kPatience) == std::future_status::ready);
  CHECK(order == std::vector{1, 2, 3});
  CHECK(std::chrono::steady_clock::now() - began >= 60ms);
}

TEST_CASE("Quiet event engine: a closure stays its caller's") {
  struct Counting final : QuietEventEngine::Closure {
    void Run() override { ran.set_value(); }
    std::promise<void> ran;
  };
  Counting at_once;
  Counting later;
  Counting never;
  QuietEventEngine engine;
  const auto handle = engine.RunAfter(1h, &never);
  engine.Run(&at_once);
  engine.RunAfter(1ms, &later);
  CHECK(at_once.ran.get_future().wait_for(kPatience) == std::future_status::ready);
  CHECK(later.ran.get_future().wait_for(kPatience) == std::future_status::ready);
  CHECK(engine.Cancel(handle));
  CHECK(never.ran.get_future().wait_for(0ms) == std::future_status::timeout);
}

TEST_CASE("Quiet event engine: what is canceled is gone at once and only once") {
  QuietEventEngine engine;
  auto held = std::make_shared<int>();
  const auto handle = engine.RunAfter(1h, [held] {});
  CHECK(held.use_count() == 2);
  CHECK(engine.Cancel(handle));
  CHECK(held.use_count() == 1);
  CHECK(!engine.Cancel(handle));

  std::promise<void> ran;
  const auto done = engine.RunAfter(0ms, [&] { ran.set_value(); });
  REQUIRE(ran.get_future().wait_for(kPatience) == std::future_status::ready);
  CHECK(!engine.Cancel(done));
}

TEST_CASE("Quiet event engine: a time without end is no time in the past") {
  QuietEventEngine engine;
  std::promise<void> ran;
  const auto handle = engine.RunAfter(QuietEventEngine::Duration::max(), [&] { ran.set_value(); });
  CHECK(ran.get_future().wait_for(20ms) == std::future_status::timeout);
  CHECK(engine.Cancel(handle));
}

TEST_CASE("Quiet event engine: it ends with tasks that are not due and by one of its own tasks") {
  auto held = std::make_shared<int>();
  {
    QuietEventEngine engine;
    engine.RunAfter(1h, [held] {});
  }
  CHECK(held.use_count() == 1);

  auto engine = std::make_unique<QuietEventEngine>();
  QuietEventEngine& own = *engine;
  std::promise<void> ended;
  own.Run([&ended, last = std::move(engine)]() mutable {
    last.reset();
    ended.set_value();
  });
  CHECK(ended.get_future().wait_for(kPatience) == std::future_status::ready);
}

TEST_CASE("Quiet event engine: a connection is refused and not forgotten") {
  QuietEventEngine engine;
  std::promise<absl::StatusCode> code;
  struct NoConfig final : grpc_event_engine::experimental::EndpointConfig {
    absl::optional<int> GetInt(absl::string_view) const override { return absl::nullopt; }
    absl::optional<absl::string_view> GetString(absl::string_view) const override {
      return absl::nullopt;
    }
    void* GetVoidPointer(absl::string_view) const override { return nullptr; }
  };
  const auto handle =
      engine.Connect([&](auto endpoint) { code.set_value(endpoint.status().code()); },
                     QuietEventEngine::ResolvedAddress(), NoConfig(), {}, 1s);
  auto refused = code.get_future();
  REQUIRE(refused.wait_for(kPatience) == std::future_status::ready);
  CHECK(refused.get() == absl::StatusCode::kUnimplemented);
  CHECK(!engine.CancelConnect(handle));
}

}  // namespace baokms::app
