// auth.md, "source spiffe": a JWT-SVID at each login.
#include "adapters/spiffe/jwt_svid_source.h"

#include <doctest/doctest.h>

#include <future>

#include "adapters/spiffe/agent_problem.h"
#include "tests/adapters/spiffe/agent.h"

namespace baokms::adapters::spiffe {
namespace {

using testing::JwtMessage;
using testing::JwtQuestion;

struct JwtSvidBench : Agent {
  JwtSvidSource source{{.socket = api.uri(), .spiffe_id = kId, .audience = "openbao"}, clock};

  ports::JwtResult Fetch(core::Duration within = 5s) {
    return app::Await<ports::JwtResult>(
        [&](auto done) { source.Fetch(In(within), std::move(done)); });
  }
  void Say(const WorkloadAnswer& answer) {
    api.SayJwt([answer](const JwtQuestion&) { return answer; });
  }
  // For an answer of this kind.
  core::LoginFailure FailureFor(const WorkloadAnswer& answer) {
    Say(answer);
    const auto jwt = Fetch();
    REQUIRE_FALSE(jwt);
    return jwt.error();
  }
};

TEST_CASE("JWT-SVID source: each login asks anew for the configured audience and SPIFFE ID") {
  JwtSvidBench bench;
  std::vector<JwtQuestion> questions;
  std::vector<std::string> tokens;
  bench.api.SayJwt([&](const JwtQuestion& question) {
    questions.push_back(question);
    tokens.push_back(bench.authority.IssueJwt(kId, question.audience.at(0)));
    return WorkloadAnswer{.message = JwtMessage({{kId, tokens.back()}})};
  });
  for (std::size_t turn = 0; turn < 3; ++turn) {
    const auto jwt = bench.Fetch();
    REQUIRE(jwt);
    REQUIRE(questions.size() == turn + 1);
    CHECK(jwt->ExposeSecret() == tokens[turn]);
    CHECK(questions[turn].audience == std::vector<std::string>{"openbao"});
    CHECK(questions[turn].spiffe_id == kId);
  }
  CHECK(bench.api.figures().without_header == 0);
}

TEST_CASE("JWT-SVID source: the SVID of the configured identity is picked") {
  JwtSvidBench bench;
  bench.Say({.message = JwtMessage({{"spiffe://example.org/other", "a.b.c"},
                                    {"spiffe://example.com/kms", "d.e.f"},
                                    {kId, "g.h.i"},
                                    {kId, "j.k.l"}})});
  const auto jwt = bench.Fetch();
  REQUIRE(jwt);
  CHECK(jwt->ExposeSecret() == "g.h.i");
}

TEST_CASE("JWT-SVID source: each refusal has its status and its advice") {
  struct {
    WorkloadAnswer answer;
    const char* advice;
    core::LoginStatus status;
  } const cases[] = {
      {{.code = kPermissionDenied}, "registration entry", core::LoginStatus::kJwtInvalid},
      {{.code = kInvalidArgument}, "not a SPIFFE Workload API", core::LoginStatus::kJwtInvalid},
      {{.code = kUnimplemented}, "not a SPIFFE Workload API", core::LoginStatus::kJwtInvalid},
      {{.code = kUnavailable}, "closed the connection", core::LoginStatus::kError},
      {{.code = kInternal}, "answered with an error", core::LoginStatus::kError},
      {{.message = ""}, "not a complete Workload API message", core::LoginStatus::kJwtInvalid},
      {{.message = "garbage"},
       "not a complete Workload API message",
       core::LoginStatus::kJwtInvalid},
      {{.message = JwtMessage({{kId, ""}})}, "not a complete", core::LoginStatus::kJwtInvalid},
      {{.message = std::string(5 * 1024 * 1024, 'x')},
       "not a complete",
       core::LoginStatus::kJwtInvalid},
      {{.message = JwtMessage({{"spiffe://example.org/other", "a.b.c"}})},
       "not this one",
       core::LoginStatus::kJwtInvalid}};
  JwtSvidBench bench;
  for (const auto& c : cases) {
    const core::LoginFailure failure = bench.FailureFor(c.answer);
    CAPTURE(std::string(failure.advice));
    CHECK(failure.advice.find(c.advice) != std::string_view::npos);
    CHECK(failure.advice.starts_with("auth.jwt.spiffe."));
    CHECK(failure.status == c.status);
  }
}

TEST_CASE("JWT-SVID source: a silent agent is named at the deadline") {
  JwtSvidBench bench;
  const auto begin = std::chrono::steady_clock::now();
  const auto jwt = bench.Fetch(200ms);
  const auto took = std::chrono::steady_clock::now() - begin;
  REQUIRE_FALSE(jwt);
  CHECK(jwt.error().advice.find("does not answer") != std::string_view::npos);
  CHECK(jwt.error().status == core::LoginStatus::kError);
  CHECK(took >= 190ms);
  CHECK(took < 2s);
}

TEST_CASE("JWT-SVID source: an agent that comes back serves the next login") {
  JwtSvidBench bench;
  bench.Say({.message = JwtMessage({{kId, "a.b.c"}})});
  REQUIRE(bench.Fetch());
  bench.api.Stop();
  const auto away = bench.Fetch();
  REQUIRE_FALSE(away);
  CHECK(away.error().status == core::LoginStatus::kError);
  CHECK(away.error().advice.starts_with("auth.jwt.spiffe.workloadAPISocket: "));
  bench.api.Start();
  CHECK(bench.Fetch().has_value());
}

TEST_CASE("JWT-SVID source: destroyed while the agent is silent it answers who waits") {
  Agent agent;
  std::promise<ports::JwtResult> answered;
  {
    JwtSvidSource source({.socket = agent.api.uri(), .spiffe_id = kId, .audience = "openbao"},
                         agent.clock);
    source.Fetch(agent.In(60s), [&](auto result) { answered.set_value(std::move(result)); });
    CHECK(Eventually([&] { return agent.api.figures().jwt_calls == 1; }));
  }
  CHECK_FALSE(answered.get_future().get().has_value());
}

}  // namespace
}  // namespace baokms::adapters::spiffe
