// More callers than OpenBao can answer in time (request-scheduling.md, "Admission by expected
// time").
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {
namespace {

// What 64 callers of an OpenBao that takes 0.3 s a call get in 8 s.
struct Tally {
  std::atomic<int> good = 0;
  std::atomic<int> refused = 0;
};
constexpr double kOneForEach = 8 * 8 / 0.3;  // seconds, connections, delay: calls of one request

void Overload(bool coalesce, Tally& tally) {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["server"]["maxConcurrentDecrypt"] = 256;
  config.tree["transit"]["coalesce"] = coalesce;
  config.Write();
  const Serving provider(config);
  const testing::SealedObject value = provider.Seal("a value");
  // An annotation of each one's own, which no check minds: identical Decrypts would share a call.
  // Not a value each: the provider would learn from as many Encrypts how fast OpenBao was before.
  std::vector<testing::SealedObject> sealed(64, value);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    sealed[i].annotations["caller.example.org"] = std::to_string(i);
  }
  SharedEmulator().QueueFault(
      {{"operation", "transit_decrypt"}, {"delay_ms", 300}, {"count", 100'000}});
  const auto until = std::chrono::steady_clock::now() + Milliseconds(8000);
  std::atomic<int> other = 0;
  std::atomic<bool> always_healthy = true;
  std::vector<std::thread> callers;
  for (const testing::SealedObject& own : sealed) {
    callers.emplace_back([&] {
      while (std::chrono::steady_clock::now() < until) {
        const int code = provider.stub.Decrypt(own).status.code;
        ++(code == 0                                            ? tally.good
           : code == static_cast<int>(Code::kResourceExhausted) ? tally.refused
                                                                : other);
        if (code != 0) std::this_thread::sleep_for(Milliseconds(50));
      }
    });
  }
  callers.emplace_back([&] {
    while (std::chrono::steady_clock::now() < until) {
      if (!provider.Healthy()) always_healthy = false;
      std::this_thread::sleep_for(Milliseconds(50));
    }
  });
  for (std::thread& caller : callers) caller.join();
  SharedEmulator().emulator().ClearFaults();
  MESSAGE(tally.good.load(), " good, ", tally.refused.load(), " refused, ", other.load(),
          " otherwise");
  CHECK(other == 0);
  CHECK(always_healthy);
  CHECK(provider.process.Metric("openbao_kms_circuit_breaker_open").value_or(0) == 0);
  provider.CheckRoundTrip();
}

TEST_CASE("Faults: 64 callers of a slow OpenBao get what it can answer and Status stays healthy") {
  Tally tally;
  Overload(/*coalesce=*/false, tally);
  CHECK(tally.good >= 0.9 * kOneForEach);
  CHECK(tally.refused > 0);
}

TEST_CASE("Faults: with shared calls 64 callers of a slow OpenBao get far more") {
  Tally tally;
  Overload(/*coalesce=*/true, tally);
  CHECK(tally.good >= 1.5 * kOneForEach);
}

}  // namespace
}  // namespace baokms::e2e
