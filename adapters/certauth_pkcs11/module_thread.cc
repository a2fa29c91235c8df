#include "adapters/certauth_pkcs11/module_thread.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace baokms::adapters::certauth_pkcs11 {
namespace {

constexpr std::chrono::seconds kFarewell{1};

}  // namespace

struct ModuleThread::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  // All guarded by the mutex.
  Job job;
  bool busy = false;
  bool stopping = false;
  bool ended = false;
  std::uint64_t started = 0;
  std::uint64_t finished = 0;
};

ModuleThread::ModuleThread(TokenOptions options)
    : shared_(std::make_shared<Shared>()), thread_(Work, shared_, std::move(options)) {}

bool ModuleThread::Run(core::MonotonicTime deadline, Job job) {
  const std::chrono::steady_clock::time_point until(deadline.time_since_epoch());
  Shared& shared = *shared_;
  std::unique_lock lock(shared.mutex);
  const bool free =
      shared.changed.wait_until(lock, until, [&] { return shared.stopping || !shared.busy; });
  if (!free || shared.stopping) return false;
  shared.job = std::move(job);
  shared.busy = true;
  const std::uint64_t mine = ++shared.started;
  shared.changed.notify_all();
  shared.changed.wait_until(lock, until,
                            [&] { return shared.stopping || shared.finished >= mine; });
  return shared.finished >= mine;
}

void ModuleThread::Stop() {
  std::unique_lock lock(shared_->mutex);
  shared_->stopping = true;
  shared_->changed.notify_all();
  if (!thread_.joinable()) return;
  const bool ended = shared_->changed.wait_for(lock, kFarewell, [&] { return shared_->ended; });
  lock.unlock();
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void ModuleThread::Work(const std::shared_ptr<Shared>& shared, TokenOptions options) {
  std::unique_lock lock(shared->mutex, std::defer_lock);
  {
    Token token(std::move(options));
    lock.lock();
    while (true) {
      shared->changed.wait(lock, [&] { return shared->stopping || shared->busy; });
      if (!shared->busy) break;
      Job job = std::move(shared->job);
      lock.unlock();
      job(token);
      job = nullptr;
      lock.lock();
      shared->busy = false;
      ++shared->finished;
      shared->changed.notify_all();
    }
    lock.unlock();  // closing the token may hang as well
  }
  lock.lock();
  shared->ended = true;
  shared->changed.notify_all();
}

}  // namespace baokms::adapters::certauth_pkcs11
