// Requests that OpenBao denies (auth.md, "Token manager"; request-scheduling.md, "Denials"):
// core/transit/transit_request.h over the real token driver, with a Transit that answers when the
// test says so.
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/transit/transit_request.h"
#include "tests/support/loop/token_bench.h"

namespace baokms::app {
namespace {

using namespace std::chrono_literals;
using testing::TokenBench;

using core::OpenBaoOperation;

// One request: what it asked Transit with, and how it ended.
template <OpenBaoOperation kAsked>
class RequestFor {
 public:
  explicit RequestFor(TokenBench& b, core::Duration budget = 5s) : bench_(b) {
    std::make_shared<core::TransitRequest<Sender>>(b.driver, b.clock.Now().monotonic + budget,
                                                   std::make_shared<core::WorkUnderWay>(),
                                                   Sender{seen_})
        ->Start();
    b.Settle();
  }

  // How often.
  int sent() const { return seen_->sent; }
  // The token that it was last sent with.
  std::string_view token() const { return seen_->token->value.ExposeSecret(); }
  bool ended() const { return seen_->end.has_value(); }
  const core::Result<std::string>& end() const {
    REQUIRE(ended());
    return *seen_->end;
  }

  void Answer() { Reply("plaintext"); }
  void Deny(const core::Error& why = Denial()) { Reply(std::unexpected(why)); }  // 401
  void Forbid() { Deny(Forbidden()); }                                           // 403
  static core::Error Denial() {
    return core::OpenBaoFailure(core::OpenBaoStatus::kUnauthenticated);
  }
  static core::Error Forbidden() {
    return core::OpenBaoFailure(core::OpenBaoStatus::kPermissionDenied);
  }

 private:
  struct Seen {
    int sent = 0;
    ports::TokenRef token;
    ports::Completion<std::string> done;
    std::optional<core::Result<std::string>> end;
  };
  struct Sender {
    using Reply = std::string;
    static constexpr OpenBaoOperation kOperation = kAsked;
    std::unique_ptr<ports::PendingCall> Send(ports::TokenRef token,
                                             ports::Completion<std::string> done) const {
      ++seen->sent;
      seen->token = std::move(token);
      seen->done = std::move(done);
      return nullptr;
    }
    void Finish(core::Result<std::string> result) const {
      REQUIRE_FALSE(seen->end.has_value());
      seen->end = std::move(result);
    }
    std::shared_ptr<Seen> seen;
  };

  void Reply(core::Result<std::string> reply) {
    std::exchange(seen_->done, nullptr)(std::move(reply));
    bench_.Settle();
  }

  TokenBench& bench_;
  std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
};
using Request = RequestFor<OpenBaoOperation::kTransitDecrypt>;
using Probe = RequestFor<OpenBaoOperation::kTransitDisableUpsertRead>;

// A request that went well: its token is known to be good for a Decrypt.
void DecryptWell(TokenBench& b) {
  Request request(b);
  request.Answer();
}

core::Result<std::string> Refused(const core::Error& error) { return std::unexpected(error); }

}  // namespace

TEST_CASE("Denied request: it logs in once and is sent once more") {
  TokenBench b;
  b.StartWith("first");
  Request request(b);
  request.Deny();
  CHECK(b.login.calls() == 2);
  CHECK(request.sent() == 1);
  b.LogIn("second");
  CHECK(request.sent() == 2);
  CHECK(request.token() == "second");
  request.Answer();
  CHECK(request.end() == "plaintext");
}

TEST_CASE("Denied request: denied twice it ends and its second token goes without a login") {
  TokenBench b;
  b.StartWith("first");
  Request request(b);
  request.Deny();
  b.LogIn("second");
  request.Deny();
  CHECK(request.end() == Refused(Request::Denial()));
  CHECK(request.sent() == 2);
  CHECK(b.Current() == "none");
  CHECK(b.login.calls() == 2);
  b.Pass(5s);
  CHECK(b.login.calls() == 3);  // for those that come later
}

TEST_CASE("Denied request: while recovery is throttled it gets its denial at once") {
  TokenBench b;
  b.StartWith("first");
  Request one(b);
  one.Deny();
  b.LogIn("second");
  one.Answer();
  Request two(b);
  two.Deny();
  CHECK(two.end() == Refused(Request::Denial()));
  CHECK(two.sent() == 1);
  CHECK(b.login.calls() == 2);
  const Request three(b);  // no token: no call at all
  CHECK(three.end() == Refused(core::NoToken()));
  CHECK(three.sent() == 0);
}

TEST_CASE("Denied request: a late one is sent with the newer token and costs no login") {
  TokenBench b;
  b.StartWith("first");
  Request one(b);
  Request late(b);
  one.Deny();
  b.LogIn("second");
  late.Deny();
  CHECK(b.Current() == "second");
  CHECK(late.token() == "second");
  late.Answer();
  one.Answer();
  CHECK(late.end() == "plaintext");
  CHECK(one.end() == "plaintext");
  CHECK(b.login.calls() == 2);
}

TEST_CASE("Denied request: a late second denial leaves the newer token") {
  TokenBench b;
  b.StartWith("first");
  Request late(b);
  late.Deny();
  b.LogIn("second");
  Request other(b);
  b.driver.Reject(2);
  b.Settle();
  b.Pass(5s);
  b.LogIn("third");
  late.Deny();
  CHECK(late.end() == Refused(Request::Denial()));
  CHECK(b.Current() == "third");
  other.Answer();
}

TEST_CASE("Denied request: many share one login and each keeps its own deadline") {
  TokenBench b;
  b.StartWith("first");
  Request hasty(b, 1s);
  Request patient(b, 9s);
  hasty.Deny();
  patient.Deny();
  CHECK(b.login.calls() == 2);
  b.Pass(1s);
  CHECK(hasty.end() == Refused(core::DeadlineExceeded()));
  CHECK_FALSE(patient.ended());
  b.LogIn("second");
  patient.Answer();
  CHECK(patient.end() == "plaintext");
}

TEST_CASE("Denied request: when the login fails it gets the login's error") {
  TokenBench b;
  b.StartWith("first");
  Request request(b);
  request.Deny();
  b.FailLogin(core::LoginRefused());
  CHECK(request.end() == Refused(core::LoginRefused()));
  CHECK(request.sent() == 1);
}

TEST_CASE("Denied request: a renewal under way does not bring the denied token back") {
  TokenBench b;
  b.StartWith("first", 600s, /*renewable=*/true);
  Request request(b, 1000s);
  for (int i = 0; i < 20 && b.login.renewal.calls() == 0; ++i) b.Pass(30s);
  REQUIRE(b.login.renewal.calls() == 1);
  request.Deny();
  CHECK(b.Current() == "none");
  b.login.renewal.End(testing::Grant("first", 900s, true));
  b.Settle();
  CHECK(b.Current() == "none");
  CHECK(request.sent() == 1);
  b.LogIn("second");
  CHECK(request.token() == "second");
  request.Answer();
  CHECK(request.end() == "plaintext");
}

TEST_CASE("Denied request: a 403 keeps the token for all others while one login is made") {
  TokenBench b;
  b.StartWith("first");
  Probe probe(b);
  probe.Forbid();
  CHECK(b.login.calls() == 2);
  CHECK(b.Current() == "first");
  DecryptWell(b);
  CHECK(probe.sent() == 1);
  b.LogIn("second");
  CHECK(probe.token() == "second");
  probe.Answer();
  CHECK(probe.end() == "plaintext");
  CHECK(b.Current() == "second");
}

TEST_CASE("Denied request: a 403 that the login's token gets too is the policy's") {
  TokenBench b;
  b.StartWith("first");
  Probe probe(b);
  probe.Forbid();
  b.LogIn("second");
  probe.Forbid();
  CHECK(probe.end() == Refused(Probe::Forbidden()));
  CHECK(b.Current() == "second");
  b.Pass(1h / 12);
  CHECK(b.login.calls() == 2);  // nobody asks for another
}

TEST_CASE("Denied request: a fresh token that is good elsewhere needs no login to be denied") {
  TokenBench b;
  b.StartWith("first");
  DecryptWell(b);
  Probe probe(b);
  probe.Forbid();
  CHECK(probe.end() == Refused(Probe::Forbidden()));
  CHECK(probe.sent() == 1);
  CHECK(b.login.calls() == 1);
  b.Pass(31s);  // no longer fresh
  Probe later(b);
  later.Forbid();
  CHECK(b.login.calls() == 2);
  CHECK(b.Current() == "first");
}

TEST_CASE("Denied request: a fresh token that was good for this has been revoked, not denied") {
  TokenBench b;
  b.StartWith("first");
  DecryptWell(b);
  Probe probe(b);
  probe.Answer();
  Request request(b);
  request.Forbid();
  CHECK(b.login.calls() == 2);
  b.LogIn("second");
  request.Answer();
  CHECK(request.end() == "plaintext");
}

TEST_CASE("Denied request: the denials of one operation throttle no other operation's recovery") {
  TokenBench b;
  b.StartWith("first");
  for (const char* value : {"second", "third"}) {
    Probe probe(b);
    probe.Forbid();
    b.LogIn(value);
    probe.Forbid();
    b.Pass(5s);
  }
  Probe throttled(b);
  throttled.Forbid();
  CHECK(throttled.end() == Refused(Probe::Forbidden()));
  CHECK(b.login.calls() == 3);
  Request request(b);
  request.Forbid();
  CHECK(b.login.calls() == 4);
  b.LogIn("fourth");
  request.Answer();
  CHECK(request.end() == "plaintext");
}

}  // namespace baokms::app
