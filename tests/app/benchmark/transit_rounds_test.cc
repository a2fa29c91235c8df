// The iterations of `benchmark` over a Transit whose replies the test gives.
#include "app/benchmark/transit_rounds.h"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <set>

#include "app/process/system_clock.h"
#include "core/wire/aad.h"
#include "tests/support/ports/unread_transit.h"

namespace baokms::app {
namespace {

// Holds every reply back until Answer(). Encrypts by giving each text a number.
class HeldTransit final : public testing::UnreadTransit {
 public:
  std::unique_ptr<ports::PendingCall> Encrypt(ports::TokenRef, ports::TransitEncryptRequest request,
                                              core::MonotonicTime,
                                              ports::Completion<core::Ciphertext> done) override {
    const std::string text(request.plaintext.ExposeSecret());
    CHECK(text.size() == 32);
    CHECK(texts.insert(text).second);  // random, so never the same again
    const std::string ciphertext = "vault:v1:" + std::to_string(texts.size());
    sealed_[ciphertext] = text;
    replies.emplace_back([this, ciphertext, done = std::move(done)]() mutable {
      if (failure) return done(std::unexpected(*failure));
      done(core::Ciphertext(ciphertext));
    });
    if (at_once) Answer();
    return nullptr;
  }
  std::unique_ptr<ports::PendingCall> Decrypt(ports::TokenRef, ports::TransitDecryptRequest request,
                                              core::MonotonicTime,
                                              ports::Completion<core::Secret> done) override {
    ++decrypts;
    replies.emplace_back([text = garble ? "other" : sealed_.at(request.ciphertext.bytes()),
                          done = std::move(done)]() mutable { done(core::Secret::Copy(text)); });
    if (at_once) Answer();
    return nullptr;
  }

  // The oldest.
  void Answer() {
    auto reply = std::move(replies.front());
    replies.pop_front();
    reply();
  }

  std::deque<std::move_only_function<void()>> replies;
  std::set<std::string> texts;
  int decrypts = 0;
  bool garble = false;
  bool at_once = false;  // the reply comes inside the call
  std::optional<core::Error> failure;

 private:
  std::map<std::string, std::string> sealed_;
};

struct RoundsBench {
  explicit RoundsBench(std::size_t iterations)
      : tally(std::make_shared<BenchmarkTally>(iterations)),
        rounds(std::make_shared<TransitRounds>(
            TransitRounds::Options{.transit = transit,
                                   .clock = clock,
                                   .token = nullptr,
                                   .version = core::TransitKeyVersion::First(),
                                   .aad = std::make_shared<const core::Aad>(core::ProbeAad()),
                                   .call_timeout = std::chrono::seconds(1)},
            tally)) {}

  HeldTransit transit;
  SystemClock clock;
  std::shared_ptr<BenchmarkTally> tally;
  std::shared_ptr<TransitRounds> rounds;
};

TEST_CASE("Transit rounds: exactly so many calls are under way until too few are left") {
  RoundsBench bench(20);
  bench.rounds->Start(7);
  int answered = 0;
  while (!bench.transit.replies.empty()) {
    CHECK(bench.transit.replies.size() <= 7);
    if (bench.transit.texts.size() < 20) CHECK(bench.transit.replies.size() == 7);
    bench.transit.Answer();
    ++answered;
  }
  CHECK(answered == 40);
  CHECK(bench.transit.decrypts == 20);
  CHECK(bench.tally->Over());
  const Measured measured = bench.tally->Result();
  CHECK(measured.encrypts.size() == 20);
  CHECK(measured.decrypts.size() == 20);
  CHECK(measured.problem.empty());
  CHECK(measured.stopped.empty());
}

TEST_CASE("Transit rounds: replies that come inside the call neither nest nor stand still") {
  RoundsBench bench(20000);  // nested, they would need more stack than there is
  bench.transit.at_once = true;
  bench.rounds->Start(7);
  CHECK(bench.transit.decrypts == 20000);
  CHECK(bench.tally->Over());
  CHECK(bench.tally->Made() == 20000);
}

TEST_CASE("Transit rounds: after a failed call nothing is begun and its class is told") {
  RoundsBench bench(20);
  bench.rounds->Start(2);
  bench.transit.failure = core::OpenBaoFailure(core::OpenBaoStatus::kSealed);
  while (!bench.transit.replies.empty()) bench.transit.Answer();
  CHECK(bench.transit.texts.size() == 2);
  CHECK(bench.tally->Over());
  CHECK(bench.tally->Result().problem == "encrypt: openbao_sealed: OpenBao is sealed: unseal it");
}

TEST_CASE("Transit rounds: a decrypt that gives another text fails") {
  RoundsBench bench(20);
  bench.transit.garble = true;
  bench.rounds->Start(1);
  while (!bench.transit.replies.empty()) bench.transit.Answer();
  CHECK(bench.tally->Result().problem.starts_with("decrypt: "));
  CHECK(bench.tally->Made() == 0);
}

TEST_CASE("Transit rounds: a stopped tally begins nothing and late replies do not count") {
  RoundsBench bench(20);
  bench.rounds->Start(3);
  for (int i = 0; i < 6; ++i) bench.transit.Answer();
  CHECK(bench.tally->Made() == 3);
  bench.tally->Stop("interrupted");
  CHECK(bench.tally->Over());
  while (!bench.transit.replies.empty()) bench.transit.Answer();
  CHECK(bench.transit.texts.size() == 6);
  CHECK(bench.tally->Made() == 3);
  CHECK(bench.tally->Result().stopped == "interrupted");
}

TEST_CASE("Transit rounds: once left Transit is not called again") {
  RoundsBench bench(20);
  bench.rounds->Start(3);
  bench.rounds->Leave();
  bench.rounds.reset();
  while (!bench.transit.replies.empty()) bench.transit.Answer();  // as a transport that shuts down
  CHECK(bench.transit.texts.size() == 3);
  CHECK(bench.transit.decrypts == 0);

  RoundsBench later(20);
  later.rounds->Start(1);
  later.transit.Answer();
  later.rounds->Leave();
  later.transit.Answer();  // of the decrypt
  CHECK(later.transit.texts.size() == 1);
}

TEST_CASE("Transit rounds: a tally that is whole cannot be stopped any more") {
  BenchmarkTally tally(1);
  CHECK(tally.Take());
  CHECK_FALSE(tally.Take());
  CHECK_FALSE(tally.Over());
  tally.Add(core::Duration(1), core::Duration(1));
  CHECK(tally.Over());
  tally.Stop("interrupted");
  CHECK(tally.Result().stopped.empty());
}

}  // namespace
}  // namespace baokms::app
