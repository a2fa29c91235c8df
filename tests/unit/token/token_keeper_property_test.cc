// Random lives of a TokenKeeper: a model of OpenBao, callers and a sleeping machine, with fixed
// seeds; after every step the promises of auth.md ("Token manager") are checked against an
// independent record of what happened.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "core/token/token_keeper.h"
#include "tests/unit/token/token_keeper_bench.h"

namespace baokms::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed), keeper_(kTokenPolicy, seed) {}

  void Run(int steps) {
    Do(TokenKeeper::Started{});
    for (int i = 0; i < steps; ++i) {
      if (i % 100 == 0) {
        login_fails_ = Pick(0, 2) * 40;  // percent: a good hour, a bad one, an outage
        denied_ = std::max(0, Pick(-3, 3)) * 15;
      }
      PassTime();
      if (armed_ && now_.monotonic >= *armed_) {
        armed_.reset();
        Do(TokenKeeper::Timer{});
      } else {
        Something();
      }
    }
    ends_ = true;
    Do(TokenKeeper::Shutdown{});
    CHECK(waiters_.empty());
    CHECK_FALSE(current_.has_value());
  }

  // What a run must have seen for its checks to mean anything.
  int logins = 0;
  int renewals = 0;
  int recoveries = 0;
  int throttled_denials = 0;
  int drops_by_time = 0;
  int abandoned = 0;
  int forbidden_logins = 0;
  int standing_denials = 0;

 private:
  enum class Lost { kNever, kExpired, kRejected };
  struct Held {
    std::uint64_t generation = 0;
    BootTime expires_at;
  };
  struct Waits {
    MonotonicTime deadline;
    std::uint64_t denied = 0;
  };
  // The 403s of one operation.
  struct Incident {
    std::optional<MonotonicTime> last;
    MonotonicTime start;
    int logins = 0;
  };

  int Pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool Chance(int percent) { return Pick(1, 100) <= percent; }

  void PassTime() {
    const int kind = Pick(1, 100);
    Duration time = milliseconds(Pick(0, 300));
    if (kind > 95) {
      time = seconds(Pick(1, 600));
    } else if (kind > 60) {
      time = milliseconds(Pick(0, 20'000));
    }
    if (armed_ && Chance(50)) {  // mostly the loop wakes when it asked to
      time = std::min(time, std::max(*armed_ - now_.monotonic, Duration(0)));
    }
    now_.monotonic += time;
    now_.boot += time;
    if (Chance(1)) {
      now_.boot += minutes(Pick(1, 90));  // suspend
    }
  }

  void Something() {
    const int kind = Pick(1, 100);
    if (kind <= 35 && login_pending_) {
      EndLogin();
    } else if (kind <= 35 && renewing_ != 0) {
      EndRenewal(renewing_);
    } else if (kind <= 38 && !abandoned_.empty()) {
      const std::uint64_t generation = *abandoned_.begin();
      abandoned_.erase(abandoned_.begin());
      EndRenewal(generation);
    } else if (kind <= 65) {
      Want();
    } else if (kind <= 75) {
      Forbid();
    } else if (kind <= 85 && last_generation_ > 0) {
      const std::uint64_t generation = Chance(denied_) ? last_generation_ : last_generation_ - 1;
      NoteRejection(generation);
      Do(TokenKeeper::TokenRejected{generation});
    } else if (kind <= 90 && !waiters_.empty()) {
      const auto waiter = waiters_.begin()->first;
      waiters_.erase(waiters_.begin());
      Do(TokenKeeper::WaiterGone{waiter});
    } else {
      Do(TokenKeeper::Timer{});  // a spurious one
    }
  }

  seconds Lease() { return Chance(80) ? seconds(Pick(301, 3600)) : seconds(Pick(0, 300)); }

  void EndLogin() {
    login_pending_ = false;
    if (Chance(login_fails_)) {
      Do(TokenKeeper::LoginFailed{{OpenBaoFailure(OpenBaoStatus::kSealed), {}, {}}});
    } else {
      Do(TokenKeeper::LoginSucceeded{Lease(), Chance(70), std::nullopt});
    }
  }

  void EndRenewal(std::uint64_t generation) {
    if (Chance(login_fails_)) {
      RenewalFailure failure;
      if (!Chance(20)) failure.error = OpenBaoFailure(OpenBaoStatus::kUnavailable);
      Do(TokenKeeper::RenewalFailed{generation, failure});
    } else {
      Do(TokenKeeper::RenewalSucceeded{generation, Lease(), Chance(70)});
    }
  }

  void Want() {
    std::uint64_t rejected = 0;
    if (Chance(denied_)) {
      rejected = last_generation_;
    } else if (Chance(10)) {
      rejected = last_generation_ / 2;
    }
    NoteRejection(rejected);
    Ask({.generation = rejected});
  }

  void Ask(const TokenDenial& denied) {
    const auto waiter = ++last_waiter_;
    const MonotonicTime deadline = now_.monotonic + milliseconds(Pick(0, 5000));
    waiters_[waiter] = {deadline, denied.generation};
    Do(TokenKeeper::TokenWanted{waiter, denied, deadline});
  }

  // A 403, mostly of the current token.
  void Forbid() {
    TokenDenial denied{.generation = Chance(80) ? last_generation_ : last_generation_ / 2,
                       .operation = Chance(70) ? OpenBaoOperation::kTransitDisableUpsertRead
                                               : OpenBaoOperation::kTransitDecrypt,
                       .forbidden = true,
                       .accepted_here = Chance(30),
                       .accepted_elsewhere = Chance(70)};
    if (denied.generation == 0) return;
    ExpireRecord();
    const bool current =
        current_ && lost_ == Lost::kNever && current_->generation == denied.generation;
    policy_ = denied.accepted_elsewhere && !denied.accepted_here &&
              now_.boot - logged_in_at_ <= seconds(30);
    if (current) {
      Incident& incident = incidents_[denied.operation];
      first_403_ = !incident.last || now_.monotonic - *incident.last >= minutes(10);
      if (first_403_) incident = {.last = {}, .start = now_.monotonic};
      incident.last = now_.monotonic;
      forbidden_now_ = denied.operation;
      denied_now_ = last_waiter_ + 1;
    }
    may_abandon_ = denied.generation;
    Ask(denied);
    may_abandon_ = 0;
    forbidden_now_.reset();
    denied_now_ = 0;
  }

  void NoteRejection(std::uint64_t generation) {
    ExpireRecord();
    rejected_.insert(generation);
    if (renewing_ != 0 && generation == renewing_) {
      abandoned_.insert(std::exchange(renewing_, 0));
      abandoned_now_ = true;
      ++abandoned;
    }
    if (current_ && lost_ == Lost::kNever && current_->generation == generation) {
      if (!last_rejection_ || now_.monotonic - *last_rejection_ >= minutes(10)) {
        incident_start_ = now_.monotonic;
        incident_recoveries_ = 0;
      }
      last_rejection_ = now_.monotonic;
      lost_ = Lost::kRejected;
    }
  }

  // The keeper must drop it in the same step.
  void ExpireRecord() {
    if (current_ && now_.boot >= current_->expires_at && lost_ == Lost::kNever) {
      lost_ = Lost::kExpired;
      ++drops_by_time;
    }
  }

  void Do(const TokenKeeper::Event& event) {
    ExpireRecord();
    const bool login_ended = std::holds_alternative<TokenKeeper::LoginSucceeded>(event) ||
                             std::holds_alternative<TokenKeeper::LoginFailed>(event);
    const auto* renewal_failed = std::get_if<TokenKeeper::RenewalFailed>(&event);
    const auto* renewal_good = std::get_if<TokenKeeper::RenewalSucceeded>(&event);
    const std::uint64_t ended = renewal_good != nullptr     ? renewal_good->generation
                                : renewal_failed != nullptr ? renewal_failed->generation
                                                            : 0;
    // The end of an abandoned one is none.
    const bool renewal_ended = ended != 0 && ended == renewing_;
    const bool nothing_sent = renewal_failed != nullptr && !renewal_failed->failure.error;
    const bool was_abandoned = std::exchange(abandoned_now_, false);
    const std::uint64_t renewed = renewal_ended ? renewing_ : 0;
    if (renewal_ended) {
      renewing_ = 0;
    }
    login_reports_ = 0;
    renewal_reports_ = 0;
    published_ = 0;
    abandoned_by_403_ = false;
    for (const auto& action : keeper_.Step(event, now_)) {
      std::visit([&](const auto& a) { Check(a); }, action);
    }
    REQUIRE(login_reports_ == (login_ended ? 1 : 0));
    REQUIRE(renewal_reports_ ==
            ((renewal_ended && !nothing_sent) || was_abandoned || abandoned_by_403_ ? 1 : 0));
    // It was given up for a login, or for one that waits for its backoff.
    REQUIRE((!abandoned_by_403_ || login_pending_ || failures_ > 0));
    if (published_ != 0) {
      REQUIRE((login_ended || renewal_ended));
      if (renewal_ended) {
        REQUIRE(published_ == renewed);
      } else {
        REQUIRE(published_ == last_generation_ + 1);
        last_generation_ = published_;
      }
    }
    if (std::holds_alternative<TokenKeeper::Shutdown>(event)) {
      return;
    }
    REQUIRE(lost_ == (current_ ? Lost::kNever : lost_));  // what is lost has been dropped
    // Nobody waits for nothing, and the keeper never falls asleep.
    const bool runs = login_pending_ || renewing_ != 0;
    for (const auto& [id, waiter] : waiters_) {
      REQUIRE(waiter.deadline > now_.monotonic);
      REQUIRE((current_ ? login_pending_ && waiter.denied == current_->generation : runs));
    }
    if (!runs || current_) {
      REQUIRE(armed_.has_value());
      REQUIRE(*armed_ <= now_.monotonic + (current_ ? Duration(seconds(30)) : minutes(5)));
    }
  }

  void Check(const TokenKeeper::StartLogin& start) {
    REQUIRE_FALSE(login_pending_);
    REQUIRE(renewing_ == 0);
    REQUIRE(start.deadline == now_.monotonic + kTokenPolicy.login_timeout);
    login_pending_ = true;
    ++logins;
    CheckLoginIsDue();
    last_login_start_ = now_.monotonic;
  }

  // No login storm: each one has a cause, and causes are rare.
  void CheckLoginIsDue() {
    if (failures_ > 0) {
      const Duration base = seconds(failures_ < 7 ? 1 << (failures_ - 1) : 60);
      const bool hurried = !waiters_.empty() && now_.monotonic - last_login_start_ >= seconds(2);
      REQUIRE((hurried || now_.monotonic - failed_at_ >= base * 3 / 4));
    } else if (lost_ == Lost::kRejected) {
      Duration earliest{0};
      Duration delay = seconds(5);
      for (int i = 0; i < incident_recoveries_; ++i) {
        earliest += delay;
        delay = std::min<Duration>(delay * 2, minutes(5));
      }
      REQUIRE(now_.monotonic - incident_start_ >= earliest);
      ++incident_recoveries_;
      ++recoveries;
    } else if (forbidden_now_) {
      REQUIRE_FALSE(policy_);
      Incident& incident = incidents_[*forbidden_now_];
      Duration earliest{0};
      Duration delay = seconds(5);
      for (int i = 0; i < incident.logins; ++i) {
        earliest += delay;
        delay = std::min<Duration>(delay * 2, minutes(5));
      }
      REQUIRE(now_.monotonic - incident.start >= earliest);
      ++incident.logins;
      ++forbidden_logins;
    } else if (last_generation_ > 0) {
      REQUIRE(last_expiry_ - now_.boot <= kTokenPolicy.login_before_expiry);
      REQUIRE(now_.boot - published_at_ >= seconds(1));
    } else {
      REQUIRE(logins == 1);
    }
  }

  void Check(const TokenKeeper::StartRenewal& start) {
    REQUIRE_FALSE(login_pending_);
    REQUIRE(renewing_ == 0);
    REQUIRE(current_.has_value());
    REQUIRE(start.generation == current_->generation);
    REQUIRE(current_->expires_at - now_.boot <= kTokenPolicy.login_before_expiry);
    renewing_ = start.generation;
    ++renewals;
  }

  void Check(const TokenKeeper::PublishToken& token) {
    if (token.generation > last_generation_) logged_in_at_ = now_.boot;
    REQUIRE_FALSE(rejected_.contains(token.generation));
    REQUIRE(token.expires_at > now_.boot);
    published_ = token.generation;
    published_at_ = now_.boot;
    current_ = Held{token.generation, token.expires_at};
    last_expiry_ = token.expires_at;
    lost_ = Lost::kNever;
    failures_ = 0;
  }

  void Check(const TokenKeeper::DropToken& /*drop*/) {
    REQUIRE(current_.has_value());
    REQUIRE((lost_ != Lost::kNever || ends_));  // not for a 403
    current_.reset();
  }

  void Check(const TokenKeeper::ReportLogin& report) {
    ++login_reports_;
    if (report.error) {
      ++failures_;
      failed_at_ = now_.monotonic;
    }
  }
  void Check(const TokenKeeper::ReportRenewal& report) {
    ++renewal_reports_;
    if (renewing_ != 0 && renewing_ == may_abandon_ && report.error == Cancelled()) {
      abandoned_.insert(std::exchange(renewing_, 0));
      abandoned_by_403_ = true;
      ++abandoned;
    }
  }

  void Check(const TokenKeeper::AnswerWaiter& answer) {
    const auto waiter = waiters_.find(answer.waiter);
    REQUIRE(waiter != waiters_.end());  // once each, and not after it has gone
    const std::uint64_t denied = waiter->second.denied;
    waiters_.erase(waiter);
    if (answer.waiter == denied_now_) {
      // In the step of the denial: it stands at once when it is the policy's, never when it is the
      // first of its incident.
      const bool stands = answer.answer == std::unexpected(NoToken());
      REQUIRE((stands || !policy_));
      REQUIRE((!stands || policy_ || !first_403_));
      standing_denials += stands ? 1 : 0;
    }
    if (answer.answer) {
      REQUIRE(*answer.answer != denied);
      REQUIRE(current_.has_value());
      REQUIRE(*answer.answer == current_->generation);
      REQUIRE_FALSE(rejected_.contains(*answer.answer));
      REQUIRE(now_.boot < current_->expires_at);
    } else {
      REQUIRE(
          (!current_ || answer.answer.error() == ShuttingDown() || denied == current_->generation));
      throttled_denials += answer.answer.error() == NoToken() ? 1 : 0;
    }
  }

  void Check(const TokenKeeper::ArmTimer& timer) {
    REQUIRE(timer.at > now_.monotonic);
    armed_ = timer.at;
  }

  std::mt19937_64 random_;
  TokenKeeper keeper_;
  ClockReading now_{MonotonicTime(seconds(1000)), BootTime(seconds(5000)), 0};
  int login_fails_ = 0;
  int denied_ = 0;

  bool ends_ = false;
  bool login_pending_ = false;
  std::uint64_t renewing_ = 0;
  std::set<std::uint64_t> abandoned_;  // renewals whose end is still to come
  bool abandoned_now_ = false;         // by the event that is about to be stepped
  std::optional<Held> current_;
  Lost lost_ = Lost::kNever;
  BootTime last_expiry_;
  BootTime published_at_;
  std::uint64_t published_ = 0;  // in this step
  std::uint64_t last_generation_ = 0;
  std::set<std::uint64_t> rejected_;
  std::optional<MonotonicTime> last_rejection_;
  MonotonicTime incident_start_;
  int incident_recoveries_ = 0;
  int failures_ = 0;
  MonotonicTime failed_at_;
  MonotonicTime last_login_start_;
  int login_reports_ = 0;
  int renewal_reports_ = 0;
  std::uint64_t last_waiter_ = 0;
  std::map<std::uint64_t, Waits> waiters_;
  BootTime logged_in_at_;
  std::map<OpenBaoOperation, Incident> incidents_;
  // The 403 that is being stepped, if it is of the current token.
  std::optional<OpenBaoOperation> forbidden_now_;
  std::uint64_t denied_now_ = 0;  // who asks
  bool policy_ = false;
  bool first_403_ = false;
  std::uint64_t may_abandon_ = 0;
  bool abandoned_by_403_ = false;
  std::optional<MonotonicTime> armed_;
};

TEST_CASE("TokenKeeper: 150000 random steps keep every promise") {
  int logins = 0;
  int renewals = 0;
  int recoveries = 0;
  int throttled_denials = 0;
  int drops_by_time = 0;
  int abandoned = 0;
  int forbidden_logins = 0;
  int standing_denials = 0;
  for (std::uint64_t seed = 1; seed <= 75; ++seed) {
    CAPTURE(seed);
    Life life(seed);
    life.Run(2000);
    logins += life.logins;
    renewals += life.renewals;
    recoveries += life.recoveries;
    throttled_denials += life.throttled_denials;
    drops_by_time += life.drops_by_time;
    abandoned += life.abandoned;
    forbidden_logins += life.forbidden_logins;
    standing_denials += life.standing_denials;
  }
  CHECK(logins > 1000);
  CHECK(renewals > 150);
  CHECK(recoveries > 300);
  CHECK(throttled_denials > 1000);
  CHECK(drops_by_time > 50);
  CHECK(abandoned > 5);
  CHECK(forbidden_logins > 100);
  CHECK(standing_denials > 500);
}

}  // namespace
}  // namespace baokms::core
