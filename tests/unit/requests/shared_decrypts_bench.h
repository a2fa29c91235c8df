// TransitKmsService with many Decrypts at once, over a Transit that answers when the test says so.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/support/ports/unread_transit.h"
#include "tests/unit/requests/kms_service_bench.h"

namespace baokms::core::testing {

// Keeps every call. One thread.
class KeepingTransit final : public baokms::testing::UnreadTransit {
 public:
  struct Call {
    std::string ciphertext;
    std::uint64_t token = 0;
    MonotonicTime deadline;
    ports::Completion<Secret> done;
    std::shared_ptr<int> abandoned = std::make_shared<int>(0);  // times
  };

  explicit KeepingTransit(const baokms::testing::CheckedExclusion& exclusion)
      : exclusion_(exclusion) {}

  std::unique_ptr<ports::PendingCall> Encrypt(ports::TokenRef, ports::TransitEncryptRequest,
                                              MonotonicTime,
                                              ports::Completion<Ciphertext>) override {
    return nullptr;
  }
  std::unique_ptr<ports::PendingCall> Decrypt(ports::TokenRef token,
                                              ports::TransitDecryptRequest request,
                                              MonotonicTime deadline,
                                              ports::Completion<Secret> done) override {
    CHECK_FALSE(exclusion_.Inside());
    Call& call = calls.emplace_back(Call{.ciphertext = request.ciphertext.bytes(),
                                         .token = token->generation,
                                         .deadline = deadline,
                                         .done = std::move(done)});
    auto pending = std::make_unique<Pending>(exclusion_, call.abandoned);
    if (inside) std::exchange(inside, nullptr)(call);
    return pending;
  }

  std::deque<Call> calls;
  std::function<void(Call&)> inside;  // runs inside the next call

 private:
  class Pending final : public ports::PendingCall {
   public:
    Pending(const baokms::testing::CheckedExclusion& exclusion, std::shared_ptr<int> abandoned)
        : exclusion_(exclusion), abandoned_(std::move(abandoned)) {}
    void Abandon() override {
      CHECK_FALSE(exclusion_.Inside());
      ++*abandoned_;
    }

   private:
    const baokms::testing::CheckedExclusion& exclusion_;
    std::shared_ptr<int> abandoned_;
  };

  const baokms::testing::CheckedExclusion& exclusion_;
};

struct SharingBench {
  struct Request {
    std::optional<KmsOutcome<DecryptReply>> outcome;
    std::unique_ptr<ports::PendingCall> call;

    bool answered() const { return outcome.has_value(); }
    std::string_view plaintext() const {
      REQUIRE(answered());
      REQUIRE(outcome->result.has_value());
      return outcome->result->plaintext.ExposeSecret();
    }
    Error error() const {
      REQUIRE(answered());
      REQUIRE_FALSE(outcome->result.has_value());
      return outcome->result.error();
    }
  };

  SharingBench() { Publish(RegistryOf({Snapshot(2, SnapshotState::kActive)})); }

  void Publish(const Registry& registry) { view.view = HealthyView(registry, clock.Now().boot); }
  MonotonicTime In(Duration time) const { return clock.Now().monotonic + time; }
  KeepingTransit::Call& call(std::size_t index) {
    REQUIRE(index < transit.calls.size());
    return transit.calls[index];
  }

  Request& Decrypt(DecryptRequest request) {
    Request& one = requests.emplace_back();
    one.call = service.Decrypt(std::move(request), [this, &one](KmsOutcome<DecryptReply> outcome) {
      CHECK_FALSE(exclusion.Inside());
      REQUIRE_FALSE(one.answered());
      one.outcome = std::move(outcome);
      if (then) std::exchange(then, nullptr)();
    });
    REQUIRE(one.call);
    return one;
  }

  baokms::testing::FakeClock clock;
  baokms::testing::FakeKeyViewSource view;
  MockTokenSource tokens;
  MockKeyDiscovery discovery;
  baokms::testing::CheckedExclusion exclusion;
  baokms::testing::FakeAlarm alarm;
  std::function<void()> then;  // runs inside the next completion
  std::deque<Request> requests;
  KeepingTransit transit{exclusion};
  TransitKmsService service{{clock, view, tokens, transit, discovery, exclusion, alarm},
                            std::chrono::seconds(5)};
};

}  // namespace baokms::core::testing
