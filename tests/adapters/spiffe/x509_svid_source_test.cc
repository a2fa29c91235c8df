// auth.md, "adapters/spiffe X.509-SVID": the stream, what is kept while the agent is away,
// rotation.
#include "adapters/spiffe/x509_svid_source.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <atomic>
#include <future>

#include "tests/adapters/spiffe/agent.h"
#include "tests/support/skip.h"

namespace baokms::adapters::spiffe {
namespace {

using testing::X509Message;
using testing::X509SvidEntry;

struct X509SvidBench : Agent {
  X509SvidOptions Options() {
    return {.socket = api.uri(), .spiffe_id = kId, .retry_after = [this](std::uint32_t failures) {
              last_failures = failures;
              return core::Duration(20ms);
            }};
  }
  ports::IdentityResult Acquire(X509SvidSource& source, core::Duration within = 5s) const {
    return app::Await<ports::IdentityResult>(
        [&](auto done) { source.Acquire(In(within), std::move(done)); });
  }
  // The leaf that is held; empty for none.
  std::string Leaf(X509SvidSource& source) const {
    const auto identity = Acquire(source, 0s);
    return identity ? (*identity)->chain_der.front() : "";
  }
  bool Holds(X509SvidSource& source, const X509SvidEntry& entry) const {
    return Eventually([&] { return Leaf(source) == entry.chain_der; });
  }
  core::LoginFailure FailureAfter(X509SvidSource& source, std::string_view advice) const {
    core::LoginFailure failure = FailureOf(SvidKind::kX509, AgentProblem::kFailed);
    const bool came = Eventually([&] {
      const auto identity = Acquire(source, 0s);
      if (identity) return false;
      failure = identity.error();
      return failure.advice.find(advice) != std::string_view::npos;
    });
    CAPTURE(std::string(failure.advice));
    CHECK(came);
    return failure;
  }

  std::atomic<std::uint32_t> last_failures = 0;
};

TEST_CASE("X.509-SVID source: Acquire waits for the first SVID and then answers at once") {
  X509SvidBench bench;
  X509SvidSource source(bench.Options(), bench.clock);
  const X509SvidEntry entry = bench.authority.Issue(kId);
  std::thread agent([&] {
    std::this_thread::sleep_for(100ms);
    bench.api.SayX509(X509Message({entry}));
  });
  const auto identity = bench.Acquire(source);
  agent.join();
  REQUIRE(identity);
  CHECK((*identity)->chain_der.front() == entry.chain_der);
  CHECK(*bench.Acquire(source, 0s) == *identity);
  CHECK(bench.api.figures().without_header == 0);
  CHECK(bench.api.figures().streams == 1);
}

TEST_CASE("X.509-SVID source: a silent agent is named at the deadline and not before") {
  X509SvidBench bench;
  X509SvidSource source(bench.Options(), bench.clock);
  const auto begin = std::chrono::steady_clock::now();
  const auto identity = bench.Acquire(source, 200ms);
  const auto took = std::chrono::steady_clock::now() - begin;
  REQUIRE_FALSE(identity);
  CHECK(identity.error().status == core::LoginStatus::kError);
  CHECK(identity.error().advice.find("does not answer") != std::string_view::npos);
  CHECK(took >= 200ms);
  CHECK(took < 2s);
}

TEST_CASE("X.509-SVID source: each rotation is another identity without a new stream") {
  X509SvidBench bench;
  X509SvidSource source(bench.Options(), bench.clock);
  for (int turn = 0; turn < 5; ++turn) {
    const X509SvidEntry entry = bench.authority.Issue(kId);
    bench.api.SayX509(X509Message({entry}));
    CHECK(bench.Holds(source, entry));
  }
  CHECK(bench.api.figures().streams == 1);
}

TEST_CASE("X.509-SVID source: other bundles alone are no other identity") {
  X509SvidBench bench;
  X509SvidSource source(bench.Options(), bench.clock);
  X509SvidEntry entry = bench.authority.Issue(kId);
  bench.api.SayX509(X509Message({entry}));
  const auto first = bench.Acquire(source);
  REQUIRE(first);
  const SvidAuthority foreign("example.com");
  entry.bundle_der += foreign.bundle_der();
  bench.api.SayX509(X509Message({entry}, {{"example.com", foreign.bundle_der()}}));
  // Behind it in the stream, so read after it.
  const X509SvidEntry next = bench.authority.Issue(kId);
  CHECK(*bench.Acquire(source) == *first);
  bench.api.SayX509(X509Message({next}));
  CHECK(bench.Holds(source, next));
}

TEST_CASE("X.509-SVID source: the last good SVID stays while the agent is away") {
  X509SvidBench bench;
  X509SvidSource source(bench.Options(), bench.clock);
  const X509SvidEntry entry = bench.authority.Issue(kId);
  bench.api.SayX509(X509Message({entry}));
  REQUIRE(bench.Holds(source, entry));
  bench.api.Stop();
  CHECK(Eventually([&] { return bench.last_failures >= 3; }));
  CHECK(bench.Leaf(source) == entry.chain_der);
  const X509SvidEntry next = bench.authority.Issue(kId);
  bench.api.SayX509(X509Message({next}));
  bench.api.Start();
  CHECK(bench.Holds(source, next));
}

TEST_CASE("X.509-SVID source: a stream that ends is opened again and nothing is lost") {
  X509SvidBench bench;
  X509SvidSource source(bench.Options(), bench.clock);
  const X509SvidEntry entry = bench.authority.Issue(kId);
  bench.api.SayX509(X509Message({entry}));
  REQUIRE(bench.Holds(source, entry));
  for (int turn = 2; turn <= 6; ++turn) {
    bench.api.CutStreams();
    CHECK(Eventually([&] {
      return bench.api.figures().streams == turn && bench.api.figures().open_streams == 1;
    }));
    CHECK(bench.Leaf(source) == entry.chain_der);
  }
}

TEST_CASE("X.509-SVID source: what is damaged takes the place of nothing good") {
  X509SvidBench bench;
  X509SvidSource source(bench.Options(), bench.clock);
  const X509SvidEntry good = bench.authority.Issue(kId);
  bench.api.SayX509(X509Message({good}));
  REQUIRE(bench.Holds(source, good));
  X509SvidEntry damaged = bench.authority.Issue(kId);
  damaged.key_der = good.key_der;
  bench.api.SayX509(X509Message({damaged}));
  bench.api.SayX509("no message");
  bench.api.SayX509(std::string(5 * 1024 * 1024, 'x'));  // too large, which ends the stream
  CHECK(Eventually([&] { return bench.api.figures().streams >= 2; }));
  CHECK(bench.Leaf(source) == good.chain_der);
  const X509SvidEntry next = bench.authority.Issue(kId);
  bench.api.SayX509(X509Message({next}));
  CHECK(bench.Holds(source, next));
}

TEST_CASE("X.509-SVID source: an identity that the agent takes back is used no more") {
  X509SvidBench bench;
  X509SvidSource source(bench.Options(), bench.clock);
  const X509SvidEntry entry = bench.authority.Issue(kId);
  const auto give = [&] {
    bench.api.SayX509(X509Message({entry}));
    REQUIRE(bench.Holds(source, entry));
  };
  give();
  bench.api.SayX509(WorkloadAnswer{.code = kPermissionDenied});
  CHECK(bench.FailureAfter(source, "registration entry").status == core::LoginStatus::kCertInvalid);
  give();
  bench.api.SayX509(X509Message({bench.authority.Issue("spiffe://example.org/other")}));
  CHECK(bench.FailureAfter(source, "not this one").status == core::LoginStatus::kCertInvalid);
  give();
}

TEST_CASE("X.509-SVID source: each refusal of the agent has its own advice") {
  struct {
    int code;
    const char* advice;
    core::LoginStatus status;
  } const cases[] = {
      {kPermissionDenied, "auth.cert.spiffe.spiffeID: ", core::LoginStatus::kCertInvalid},
      {kUnimplemented, "not a SPIFFE Workload API", core::LoginStatus::kCertInvalid},
      {kInvalidArgument, "not a SPIFFE Workload API", core::LoginStatus::kCertInvalid},
      {kUnavailable, "closed the connection", core::LoginStatus::kError},
      {kInternal, "answered with an error", core::LoginStatus::kError}};
  for (const auto& c : cases) {
    CAPTURE(c.code);
    X509SvidBench bench;
    bench.api.SayX509(WorkloadAnswer{.code = c.code});
    X509SvidSource source(bench.Options(), bench.clock);
    CHECK(bench.FailureAfter(source, c.advice).status == c.status);
  }
}

TEST_CASE("X.509-SVID source: no socket and nobody behind it are told apart") {
  X509SvidBench bench;
  bench.api.Stop();
  X509SvidOptions options = bench.Options();
  options.socket = "unix://" + bench.directory.File("none.sock");
  {
    X509SvidSource source(options, bench.clock);
    CHECK(bench.FailureAfter(source, "the socket does not exist").status ==
          core::LoginStatus::kError);
  }
  options.socket = "unix://" + bench.directory.Write("plain", "");
  {
    X509SvidSource source(options, bench.clock);
    bench.FailureAfter(source, "no process accepts connections");
  }
  options.socket = "unix:///" + std::string(200, 'a');
  X509SvidSource source(options, bench.clock);
  bench.FailureAfter(source, "the socket does not exist");
}

TEST_CASE("X.509-SVID source: a socket that this user may not open is named as such") {
  if (testing::SkippedAsRoot()) return;
  X509SvidBench bench;
  chmod(bench.directory.File("agent.sock").c_str(), 0);
  X509SvidSource source(bench.Options(), bench.clock);
  bench.FailureAfter(source, "may not open");
}

TEST_CASE("X.509-SVID source: failures count up until an SVID comes") {
  X509SvidBench bench;
  bench.api.SayX509(WorkloadAnswer{.code = kUnavailable});
  X509SvidSource source(bench.Options(), bench.clock);
  CHECK(Eventually([&] { return bench.last_failures >= 4; }));
  bench.api.SayX509(X509Message({bench.authority.Issue(kId)}));
  REQUIRE(bench.Acquire(source));
  bench.last_failures = 0;
  bench.api.CutStreams();
  CHECK(Eventually([&] { return bench.last_failures != 0; }));
  CHECK(bench.last_failures == 1);
}

TEST_CASE("X.509-SVID source: between two connections it waits as long as it is told") {
  X509SvidBench bench;
  bench.api.SayX509(WorkloadAnswer{.code = kUnavailable});
  X509SvidOptions options = bench.Options();
  options.retry_after = [](std::uint32_t) { return core::Duration(300ms); };
  X509SvidSource source(options, bench.clock);
  std::this_thread::sleep_for(1000ms);
  const int streams = bench.api.figures().streams;
  CHECK(streams >= 2);
  CHECK(streams <= 4);
}

TEST_CASE("X.509-SVID source: destroyed in any state it ends at once and answers who waits") {
  for (const bool away : {false, true}) {
    CAPTURE(away);
    X509SvidBench bench;
    if (away) bench.api.Stop();
    auto source = std::make_unique<X509SvidSource>(bench.Options(), bench.clock);
    std::promise<ports::IdentityResult> answered;
    source->Acquire(bench.In(60s), [&](auto result) { answered.set_value(std::move(result)); });
    std::this_thread::sleep_for(50ms);
    const auto begin = std::chrono::steady_clock::now();
    source.reset();
    CHECK(std::chrono::steady_clock::now() - begin < 2s);
    CHECK_FALSE(answered.get_future().get().has_value());
  }
}

}  // namespace
}  // namespace baokms::adapters::spiffe
