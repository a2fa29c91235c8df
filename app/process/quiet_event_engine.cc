#include "app/process/quiet_event_engine.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "adapters/posix/all_signals_blocked.h"

namespace baokms::app {
namespace {

namespace engine = grpc_event_engine::experimental;
using std::chrono::steady_clock;

}  // namespace

struct QuietEventEngine::Tasks {
  // When it is due, in nanoseconds of steady_clock, and its number: the order in which tasks run.
  using Key = std::pair<std::intptr_t, std::intptr_t>;
  using Task = absl::AnyInvocable<void()>;

  static void Work(const std::shared_ptr<Tasks>& tasks) {
    std::unique_lock lock(tasks->mutex);
    while (!tasks->ended) {
      if (tasks->waiting.empty()) {
        tasks->changed.wait(lock);
        continue;
      }
      const auto first = tasks->waiting.begin();
      const steady_clock::time_point due{std::chrono::nanoseconds(first->first.first)};
      if (steady_clock::now() < due) {
        tasks->changed.wait_until(lock, due);
        continue;
      }
      Task task = std::move(first->second);
      tasks->waiting.erase(first);
      lock.unlock();
      task();
      task = nullptr;  // what it holds goes before the next one runs
      lock.lock();
    }
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::map<Key, Task> waiting;
  std::intptr_t last_number = 0;
  bool ended = false;
  std::thread thread;
};

QuietEventEngine::QuietEventEngine() : tasks_(std::make_shared<Tasks>()) {}

QuietEventEngine::~QuietEventEngine() {
  {
    const std::lock_guard lock(tasks_->mutex);
    tasks_->ended = true;
  }
  tasks_->changed.notify_one();
  if (IsWorkerThread()) {
    tasks_->thread.detach();  // it ends after the task that destroys us
  } else if (tasks_->thread.joinable()) {
    tasks_->thread.join();
  }
}

bool QuietEventEngine::IsWorkerThread() {
  const std::lock_guard lock(tasks_->mutex);
  return tasks_->thread.get_id() == std::this_thread::get_id();
}

void QuietEventEngine::Run(Closure* closure) { RunAfter(Duration::zero(), closure); }

void QuietEventEngine::Run(absl::AnyInvocable<void()> closure) {
  RunAfter(Duration::zero(), std::move(closure));
}

QuietEventEngine::TaskHandle QuietEventEngine::RunAfter(Duration when, Closure* closure) {
  return RunAfter(when, [closure] { closure->Run(); });
}

QuietEventEngine::TaskHandle QuietEventEngine::RunAfter(Duration when,
                                                        absl::AnyInvocable<void()> closure) {
  const std::chrono::nanoseconds now = steady_clock::now().time_since_epoch();
  // A duration without end must not overflow.
  const Duration most = Duration::max() - now;
  const auto due = static_cast<std::intptr_t>((now + std::min(when, most)).count());
  TaskHandle handle{};
  const std::shared_ptr<Tasks> tasks = tasks_;  // the task may destroy us before we return
  {
    const std::lock_guard lock(tasks->mutex);
    handle = {.keys = {due, ++tasks->last_number}};
    tasks->waiting.emplace(Tasks::Key(due, tasks->last_number), std::move(closure));
    if (!tasks->thread.joinable()) {
      const adapters::posix::AllSignalsBlocked blocked;
      tasks->thread = std::thread(&Tasks::Work, tasks);
    }
  }
  tasks->changed.notify_one();
  return handle;
}

bool QuietEventEngine::Cancel(TaskHandle handle) {
  Tasks::Task cancelled;  // goes after the lock: what it holds may call us
  const std::lock_guard lock(tasks_->mutex);
  const auto found = tasks_->waiting.find({handle.keys[0], handle.keys[1]});
  if (found == tasks_->waiting.end()) return false;
  cancelled = std::move(found->second);
  tasks_->waiting.erase(found);
  return true;
}

absl::StatusOr<std::unique_ptr<engine::EventEngine::Listener>> QuietEventEngine::CreateListener(
    Listener::AcceptCallback /*on_accept*/, absl::AnyInvocable<void(absl::Status)> /*on_shutdown*/,
    const engine::EndpointConfig& /*config*/,
    std::unique_ptr<engine::MemoryAllocatorFactory> /*memory*/) {
  return absl::UnimplementedError("this event engine has no listeners");
}

QuietEventEngine::ConnectionHandle QuietEventEngine::Connect(
    OnConnectCallback on_connect, const ResolvedAddress& /*address*/,
    const engine::EndpointConfig& /*config*/, engine::MemoryAllocator /*memory*/,
    Duration /*timeout*/) {
  Run([done = std::move(on_connect)]() mutable {
    done(absl::UnimplementedError("this event engine has no connections"));
  });
  return {};
}

bool QuietEventEngine::CancelConnect(ConnectionHandle /*handle*/) { return false; }

std::unique_ptr<engine::EventEngine::DNSResolver> QuietEventEngine::GetDNSResolver(
    const DNSResolver::ResolverOptions& /*options*/) {
  return nullptr;
}

void QuietLibraryTimers() {
  engine::SetEventEngineFactory([] { return std::make_unique<QuietEventEngine>(); });
}

}  // namespace baokms::app
