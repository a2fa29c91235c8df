// One Transit request over mocked ports: what a caller that leaves at each step ends, and what is
// never begun afterwards.
#include "core/transit/transit_request.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "tests/support/core/port_bench.h"

namespace baokms::core {
namespace {

using testing::TokenOf;
using trompeloeil::_;

// What was sent; an unexpected Send fails the test.
class MockSending {
 public:
  using Completion = ports::Completion<std::string>;
  MAKE_MOCK2(Send, std::unique_ptr<ports::PendingCall>(ports::TokenRef, Completion));
};

struct TransitRequestBench : testing::PortBench {
  MockSending sending;
  MockSending::Completion done;
  std::optional<Result<std::string>> end;
  std::shared_ptr<WorkUnderWay> work = std::make_shared<WorkUnderWay>();
  std::unique_ptr<ports::PendingCall> handle = HandleOf(work);

  struct Sender {
    using Reply = std::string;
    static constexpr OpenBaoOperation kOperation = OpenBaoOperation::kTransitDecrypt;
    std::unique_ptr<ports::PendingCall> Send(ports::TokenRef token,
                                             MockSending::Completion done) const {
      return bench->sending.Send(std::move(token), std::move(done));
    }
    void Finish(Result<std::string> result) const {
      REQUIRE_FALSE(bench->end.has_value());
      bench->end = std::move(result);
    }
    TransitRequestBench* bench;
  };

  void Start() {
    std::make_shared<TransitRequest<Sender>>(tokens, deadline, work, Sender{this})->Start();
  }
  Error Failure() const {
    REQUIRE(end.has_value());
    REQUIRE_FALSE(end->has_value());
    return end->error();
  }
};

Error Denial() { return OpenBaoFailure(OpenBaoStatus::kPermissionDenied); }

#define EXPECT_NEXT_TOKEN(b, rejected)                          \
  REQUIRE_CALL((b).tokens, Obtain((rejected), (b).deadline, _)) \
      .LR_SIDE_EFFECT((b).obtained = std::move(_3))             \
      .RETURN(nullptr)
#define EXPECT_WAIT_LEFT(b, rejected)                           \
  auto wait = std::make_unique<testing::MockPendingCall>();     \
  REQUIRE_CALL(*wait, Abandon());                               \
  REQUIRE_CALL((b).tokens, Obtain((rejected), (b).deadline, _)) \
      .LR_SIDE_EFFECT((b).obtained = std::move(_3))             \
      .LR_RETURN(std::move(wait))
#define EXPECT_SEND(b, from, pending)           \
  REQUIRE_CALL((b).sending, Send(_, _))         \
      .WITH(_1->generation == (from))           \
      .LR_SIDE_EFFECT((b).done = std::move(_2)) \
      .LR_RETURN(std::move(pending))

std::unique_ptr<testing::MockPendingCall> Pending() {
  return std::make_unique<testing::MockPendingCall>();
}

}  // namespace

TEST_CASE("Transit request: abandoned before its start it asks nobody for anything") {
  TransitRequestBench b;
  b.handle->Abandon();
  b.Start();
  CHECK(b.Failure() == Cancelled());
}

TEST_CASE("Transit request: abandoned while it waits for a token it leaves and sends nothing") {
  TransitRequestBench b;
  ALLOW_CALL(b.tokens, Current()).RETURN(nullptr);
  EXPECT_WAIT_LEFT(b, 0U);
  b.Start();
  b.handle->Abandon();
  b.obtained(TokenOf(1));
  CHECK(b.Failure() == Cancelled());
}

TEST_CASE("Transit request: abandoned while sent it abandons that and asks for no other token") {
  TransitRequestBench b;
  ALLOW_TOKEN(b);
  auto pending = Pending();
  REQUIRE_CALL(*pending, Abandon());
  EXPECT_SEND(b, 1U, pending);
  b.Start();
  b.handle->Abandon();
  b.done(std::unexpected(Denial()));
  CHECK(b.Failure() == Denial());
}

TEST_CASE("Transit request: abandoned after its wait for a token it abandons what it sent") {
  TransitRequestBench b;
  ALLOW_CALL(b.tokens, Current()).RETURN(nullptr);
  EXPECT_NEXT_TOKEN(b, 0U);
  b.Start();
  auto pending = Pending();
  REQUIRE_CALL(*pending, Abandon());
  EXPECT_SEND(b, 4U, pending);
  b.obtained(TokenOf(4));
  b.handle->Abandon();
  b.done(std::unexpected(Cancelled()));
  CHECK(b.Failure() == Cancelled());
}

TEST_CASE("Transit request: abandoned during its recovery it leaves and is not sent again") {
  TransitRequestBench b;
  ALLOW_TOKEN(b);
  auto pending = std::unique_ptr<ports::PendingCall>();
  EXPECT_SEND(b, 1U, pending);
  EXPECT_WAIT_LEFT(b, 1U);
  b.Start();
  b.done(std::unexpected(Denial()));
  b.handle->Abandon();
  b.obtained(TokenOf(2));
  CHECK(b.Failure() == Denial());
}

TEST_CASE("Transit request: abandoned after its recovery it abandons what it sent again") {
  TransitRequestBench b;
  ALLOW_TOKEN(b);
  {
    auto denied = std::unique_ptr<ports::PendingCall>();
    EXPECT_SEND(b, 1U, denied);
    b.Start();
  }
  {
    EXPECT_NEXT_TOKEN(b, 1U);
    b.done(std::unexpected(Denial()));
  }
  auto pending = Pending();
  REQUIRE_CALL(*pending, Abandon());
  EXPECT_SEND(b, 2U, pending);
  b.obtained(TokenOf(2));
  b.handle->Abandon();
  b.done(std::unexpected(Cancelled()));
  CHECK(b.Failure() == Cancelled());
}

TEST_CASE("Transit request: completions inside the calls change nothing of that") {
  TransitRequestBench b;
  ALLOW_CALL(b.tokens, Current()).RETURN(nullptr);
  REQUIRE_CALL(b.tokens, Obtain(0U, _, _)).SIDE_EFFECT(_3(TokenOf(1))).RETURN(nullptr);
  auto pending = Pending();
  ALLOW_CALL(*pending, Abandon());  // it has completed: harmless
  REQUIRE_CALL(b.sending, Send(_, _)).SIDE_EFFECT(_2("reply")).LR_RETURN(std::move(pending));
  b.Start();
  CHECK(b.end == Result<std::string>("reply"));
  b.handle->Abandon();
}

}  // namespace baokms::core
