// Requests on many threads join, leave and begin calls while other threads end them.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/ports/one_token.h"
#include "tests/support/ports/unread_transit.h"
#include "tests/unit/requests/kms_service_bench.h"

namespace baokms::core {
namespace {

constexpr int kRequesters = 6;
constexpr int kEnders = 2;
constexpr int kRounds = 1500;
constexpr int kKinds = 2;

// Calls wait in a queue for a thread that ends them. Each answers its own number.
class QueuingTransit final : public baokms::testing::UnreadTransit {
 public:
  std::unique_ptr<ports::PendingCall> Encrypt(ports::TokenRef, ports::TransitEncryptRequest,
                                              MonotonicTime,
                                              ports::Completion<Ciphertext>) override {
    return nullptr;
  }
  std::unique_ptr<ports::PendingCall> Decrypt(ports::TokenRef, ports::TransitDecryptRequest,
                                              MonotonicTime,
                                              ports::Completion<Secret> done) override {
    const std::lock_guard lock(mutex_);
    calls_.emplace_back(++begun_, std::move(done));
    return nullptr;
  }

  // False when there was none.
  bool EndOne() {
    std::pair<long, ports::Completion<Secret>> call;
    {
      const std::lock_guard lock(mutex_);
      if (calls_.empty()) return false;
      call = std::move(calls_.front());
      calls_.pop_front();
    }
    call.second(Secret::Copy(std::to_string(call.first)));
    const std::lock_guard lock(mutex_);
    ended_.at(static_cast<std::size_t>(call.first)) = true;
    return true;
  }
  std::vector<bool> Ended() {
    const std::lock_guard lock(mutex_);
    return ended_;
  }
  long begun() {
    const std::lock_guard lock(mutex_);
    return begun_;
  }

 private:
  std::mutex mutex_;
  long begun_ = 0;
  std::deque<std::pair<long, ports::Completion<Secret>>> calls_;
  std::vector<bool> ended_ = std::vector<bool>(kRequesters * kRounds + 1);
};

class ThreadedDiscovery final : public ports::KeyDiscovery {
 public:
  std::unique_ptr<ports::PendingCall> Discover(const KeyId&, MonotonicTime,
                                               ports::Completion<void>) override {
    return nullptr;
  }
};

long CallOf(const KmsOutcome<DecryptReply>& outcome) {
  const std::string_view text = outcome.result->plaintext.ExposeSecret();
  long call = 0;
  std::from_chars(text.data(), text.data() + text.size(), call);
  return call;
}

TEST_CASE("Shared decrypts: joins that race with ends and leavers are each answered once") {
  const baokms::testing::FakeClock clock;
  baokms::testing::FakeKeyViewSource view;
  view.view = testing::HealthyView(
      testing::RegistryOf({testing::Snapshot(2, SnapshotState::kActive)}), clock.Now().boot);
  baokms::testing::OneToken tokens;
  QueuingTransit transit;
  ThreadedDiscovery discovery;
  baokms::testing::CheckedExclusion exclusion;
  baokms::testing::FakeAlarm alarm;
  TransitKmsService service({clock, view, tokens, transit, discovery, exclusion, alarm},
                            std::chrono::seconds(5));
  // Requests of one kind are identical.
  std::array<DecryptRequest, kKinds> kinds{testing::GoodRequest(2), testing::GoodRequest(2)};
  kinds[1].annotations["extra.example.org"] = "x";

  std::atomic<long> requested = 0;
  std::atomic<long> answers = 0;
  std::atomic<long> shared = 0;
  std::atomic<long> stale = 0;
  std::atomic<long> wrong = 0;
  std::atomic<bool> done = false;
  std::atomic<bool> unanswered = false;  // one of them, for seconds: all stop
  std::vector<std::thread> enders;
  for (int i = 0; i < kEnders; ++i) {
    enders.emplace_back([&] {
      while (!done) {
        if (!transit.EndOne()) std::this_thread::yield();
      }
    });
  }
  std::vector<std::thread> requesters;
  for (int i = 0; i < kRequesters; ++i) {
    requesters.emplace_back([&, i] {
      for (int round = 0; round < kRounds && !unanswered; ++round) {
        ++requested;
        const auto answered = std::make_shared<std::atomic<int>>(0);
        // A call that had ended before this request came is not its call.
        const std::vector<bool> ended = round % 16 == 0 ? transit.Ended() : std::vector<bool>();
        const auto call = service.Decrypt(
            kinds[static_cast<std::size_t>(round % kKinds)],
            [&, ended, answered](KmsOutcome<DecryptReply> outcome) {
              if (exclusion.Inside()) ++wrong;
              if (!outcome.result) {
                if (outcome.result.error() != Cancelled()) ++wrong;
              } else if (!ended.empty() && ended.at(static_cast<std::size_t>(CallOf(outcome)))) {
                ++stale;
              }
              if (outcome.shared) ++shared;
              ++answers;
              ++*answered;
            });
        if ((round + i) % 3 == 0) call->Abandon();
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (*answered == 0 && !unanswered) {
          if (std::chrono::steady_clock::now() > patience) unanswered = true;
          std::this_thread::yield();
        }
      }
    });
  }
  for (std::thread& thread : requesters) thread.join();
  done = true;
  for (std::thread& thread : enders) thread.join();
  CHECK_FALSE(unanswered);
  CHECK(answers == requested);
  CHECK(requested == kRequesters * kRounds);
  CHECK(stale == 0);
  CHECK(wrong == 0);
  CHECK(shared > 0);
  CHECK(transit.begun() + shared <= requested);
}

}  // namespace
}  // namespace baokms::core
