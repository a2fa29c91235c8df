// Identical Decrypts under way at one time cost OpenBao one call (request-scheduling.md, "Shared
// decrypts"), counted at the emulator.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/bench.h"
#include "tests/e2e/support/callers.h"

namespace baokms::e2e {
namespace {

// Room for all callers, and no probe that decrypts while calls are counted.
ProviderConfig WithRoomFor(Bench& bench, int callers) {
  ProviderConfig config = PacedConfig(
      bench, {.timeout = "6s", .probe = "10s", .deep_probe = "60s", .staleness = "60s"});
  config.tree["server"]["maxConcurrentDecrypt"] = callers;
  config.Write();
  return config;
}

void DelayDecrypts(int milliseconds) {
  SharedEmulator().QueueFault(
      {{"operation", "transit_decrypt"}, {"delay_ms", milliseconds}, {"count", -1}});
}

std::uint64_t TransitDecrypts() { return SharedEmulator().emulator().Requests("transit_decrypt"); }

// Lets the provider see how slow OpenBao is, until it sends no second attempt for want of an answer
// (request-scheduling.md, "Attempts").
void LearnHowSlow(const Serving& provider) {
  const testing::SealedObject other = provider.Seal("another value");
  std::uint64_t attempts = 0;
  for (int i = 0; i < 8 && attempts != 1; ++i) {
    const std::uint64_t before = TransitDecrypts();
    provider.CheckOpens(other, "another value");
    attempts = TransitDecrypts() - before;
  }
  REQUIRE(attempts == 1);
}

double Decrypted(const Serving& provider) {
  return provider.process
      .Metric("openbao_kms_grpc_requests_total{method=\"decrypt\",status=\"ok\"}")
      .value_or(-1);
}

double AnsweredByAnother(const Serving& provider) {
  return provider.process.Metric("openbao_kms_decrypt_shared_total").value_or(-1);
}

TEST_CASE("Faults: 64 identical Decrypts at once are one Transit call") {
  constexpr int kCallers = 64;
  Bench bench;
  const ProviderConfig config = WithRoomFor(bench, kCallers);
  const Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("a value");
  const Callers callers(config.socket(), kCallers);
  DelayDecrypts(300);
  LearnHowSlow(provider);
  SharedEmulator().emulator().ResetCounters();
  const double shared_before = AnsweredByAnother(provider);
  const double decrypted_before = Decrypted(provider);
  std::atomic<int> good = 0;
  callers.Run([&](const testing::KmsStub& stub, int) {
    if (stub.Decrypt(sealed).plaintext == "a value") ++good;
  });
  SharedEmulator().emulator().ClearFaults();
  CHECK(good == kCallers);
  CHECK(TransitDecrypts() == 1);
  CHECK(AnsweredByAnother(provider) - shared_before == kCallers - 1);
  CHECK(Decrypted(provider) - decrypted_before == kCallers);
  provider.CheckOpens(sealed, "a value");
  CHECK(TransitDecrypts() == 2);
}

TEST_CASE("Faults: 64 different Decrypts at once each get their own plaintext") {
  constexpr int kCallers = 64;
  Bench bench;
  const ProviderConfig config = WithRoomFor(bench, kCallers);
  const Serving provider(config);
  const auto value = [](int caller) { return "value " + std::to_string(100 + caller); };
  std::vector<testing::SealedObject> sealed;
  for (int i = 0; i < kCallers; ++i) sealed.push_back(provider.Seal(value(i)));
  const Callers callers(config.socket(), kCallers);
  DelayDecrypts(20);
  SharedEmulator().emulator().ResetCounters();
  std::atomic<int> good = 0;
  callers.Run([&](const testing::KmsStub& stub, int caller) {
    const auto answer = stub.Decrypt(sealed[static_cast<std::size_t>(caller)]);
    if (answer.plaintext == value(caller)) ++good;
  });
  SharedEmulator().emulator().ClearFaults();
  CHECK(good == kCallers);
  CHECK(AnsweredByAnother(provider) == 0);
}

TEST_CASE("Faults: 10000 identical Decrypts of 200 callers cost few Transit calls") {
  constexpr int kCallers = 200;
  constexpr int kEach = 50;
  Bench bench;
  const ProviderConfig config = WithRoomFor(bench, kCallers);
  const Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("a value");
  const Callers callers(config.socket(), kCallers);
  DelayDecrypts(5);
  SharedEmulator().emulator().ResetCounters();
  std::atomic<int> good = 0;
  callers.Run([&](const testing::KmsStub& stub, int) {
    for (int i = 0; i < kEach; ++i) {
      if (stub.Decrypt(sealed).plaintext == "a value") ++good;
    }
  });
  SharedEmulator().emulator().ClearFaults();
  MESSAGE(TransitDecrypts(), " Transit calls, ", AnsweredByAnother(provider),
          " answers of another request's");
  CHECK(good == kCallers * kEach);
  CHECK(TransitDecrypts() < kCallers * kEach / 10);
  CHECK(AnsweredByAnother(provider) > kCallers * kEach * 0.9);
}

// The first of them leaves the call to the others.
TEST_CASE("Faults: a caller that leaves a shared call ends nothing for the others") {
  constexpr int kCallers = 16;
  Bench bench;
  const ProviderConfig config = WithRoomFor(bench, kCallers + 1);
  const Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("a value");
  const Callers callers(config.socket(), kCallers);
  DelayDecrypts(1000);
  LearnHowSlow(provider);
  SharedEmulator().emulator().ResetCounters();
  std::thread first([&] {
    CHECK(provider.stub.Decrypt(sealed, "uid-1", Milliseconds(400)).status.code ==
          static_cast<int>(Code::kDeadlineExceeded));
  });
  CHECK(Eventually(Milliseconds(300), [] { return TransitDecrypts() == 1; }));
  std::atomic<int> good = 0;
  callers.Run([&](const testing::KmsStub& stub, int) {
    if (stub.Decrypt(sealed).plaintext == "a value") ++good;
  });
  first.join();
  SharedEmulator().emulator().ClearFaults();
  CHECK(good == kCallers);
  CHECK(TransitDecrypts() == 1);
}

}  // namespace
}  // namespace baokms::e2e
