// Requests that find no connection leave together in one Transit call (request-scheduling.md,
// "Batches"): nobody sees it but OpenBao.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <vector>

#include "tests/e2e/support/bench.h"
#include "tests/e2e/support/callers.h"

namespace baokms::e2e {
namespace {

constexpr int kStorm = 64;  // server.maxConcurrentDecrypt as it is by default

struct BatchBench : Bench {
  explicit BatchBench(bool coalesce = true) : config(Config()) {
    config.tree["transit"]["coalesce"] = coalesce;
    config.tree["server"]["maxConcurrentEncrypt"] = kStorm;
    config.Write();
  }
  ProviderConfig config;
};

double Batches(const Serving& provider) {
  return provider.process.Metric("openbao_kms_transit_batch_items_count").value_or(-1);
}

double Calls(const Serving& provider, const std::string& operation) {
  return provider.process
      .Metric("openbao_kms_openbao_requests_total{operation=\"" + operation + "\",status=\"ok\"}")
      .value_or(0);
}

std::string ValueOf(int caller, int round) {
  return "value " + std::to_string(caller) + "." + std::to_string(round);
}

// Each caller seals values of its own and opens them again; returns how many came back right.
int Storm(const BatchBench& bench, int rounds) {
  const Callers callers(bench.config.socket(), kStorm);
  std::atomic<int> right = 0;
  callers.Run([&](const testing::KmsStub& stub, int caller) {
    for (int round = 0; round < rounds; ++round) {
      const auto made = stub.Encrypt(ValueOf(caller, round));
      if (!made.status.ok()) continue;
      if (stub.Decrypt(made.sealed).plaintext == ValueOf(caller, round)) ++right;
    }
  });
  return right;
}

TEST_CASE("Batches: a storm shares Transit calls and everybody gets their own value") {
  constexpr int kRounds = 15;
  BatchBench bench;
  const Serving provider(bench.config);
  CHECK(Storm(bench, kRounds) == kStorm * kRounds);
  CHECK(Batches(provider) >= 1);
  CHECK(Calls(provider, "transit_batch_encrypt") >= 1);
  CHECK(Calls(provider, "transit_batch_decrypt") >= 1);
  const double calls =
      Calls(provider, "transit_batch_encrypt") + Calls(provider, "transit_encrypt") +
      Calls(provider, "transit_batch_decrypt") + Calls(provider, "transit_decrypt");
  MESSAGE(calls, " Transit calls");
  CHECK(calls < kStorm * kRounds);
  CHECK(provider.Healthy());
}

TEST_CASE("Batches: without coalescing each request has a call of its own") {
  constexpr int kRounds = 3;
  BatchBench bench(/*coalesce=*/false);
  const Serving provider(bench.config);
  CHECK(Storm(bench, kRounds) == kStorm * kRounds);
  CHECK(Batches(provider) == 0);
  CHECK(Calls(provider, "transit_encrypt") >= kStorm * kRounds);
}

TEST_CASE("Batches: what one caller gets wrong costs no other") {
  constexpr int kRounds = 10;
  BatchBench bench;
  const Serving provider(bench.config);
  const testing::SealedObject good = provider.Seal("a value");
  testing::SealedObject broken = good;
  char& last = broken.ciphertext[broken.ciphertext.size() - 4];
  last = last == 'A' ? 'B' : 'A';
  const auto alone = provider.stub.Decrypt(broken);
  CHECK_FALSE(alone.status.ok());
  const Callers callers(bench.config.socket(), kStorm);
  std::atomic<int> refused = 0;
  std::atomic<int> right = 0;
  callers.Run([&](const testing::KmsStub& stub, int caller) {
    for (int round = 0; round < kRounds; ++round) {
      if (caller % 8 == 0) {
        const auto answer = stub.Decrypt(broken);
        if (answer.status.code == alone.status.code &&
            answer.status.message == alone.status.message) {
          ++refused;
        }
        continue;
      }
      const auto made = stub.Encrypt(ValueOf(caller, round));
      if (stub.Decrypt(made.sealed).plaintext == ValueOf(caller, round)) ++right;
    }
  });
  CHECK(refused == kStorm / 8 * kRounds);
  CHECK(right == (kStorm - kStorm / 8) * kRounds);
  CHECK(Calls(provider, "transit_batch_decrypt") >= 1);
}

// A batch's reply on which one result stands in another's place.
TEST_CASE("Faults: a batch with results in another order opens nothing") {
  BatchBench bench;
  const Serving provider(bench.config);
  std::vector<testing::SealedObject> sealed;
  for (int i = 0; i < kStorm; ++i) sealed.push_back(provider.Seal(ValueOf(i, 0)));
  const Callers callers(bench.config.socket(), kStorm);
  SharedEmulator().QueueFault({{"operation", "transit_decrypt"},
                               {"delay_ms", 100},
                               {"set", {{"/data/batch_results/0/reference", "1"}}},
                               {"count", -1}});
  std::atomic<int> right = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> wrong = 0;
  callers.Run([&](const testing::KmsStub& stub, int caller) {
    const auto answer = stub.Decrypt(sealed[static_cast<std::size_t>(caller)]);
    if (answer.plaintext == ValueOf(caller, 0)) {
      ++right;
    } else if (answer.status.ok() || !answer.plaintext.empty()) {
      ++wrong;
    } else {
      ++refused;
    }
  });
  SharedEmulator().emulator().ClearFaults();
  MESSAGE(right.load(), " right, ", refused.load(), " refused");
  CHECK(wrong == 0);
  CHECK(refused >= 2);
  provider.CheckOpens(sealed[0], ValueOf(0, 0));
}

TEST_CASE("Faults: a denied batch costs one login and every item recovers") {
  BatchBench bench;
  const Serving provider(bench.config);
  std::vector<testing::SealedObject> sealed;
  for (int i = 0; i < kStorm; ++i) sealed.push_back(provider.Seal(ValueOf(i, 0)));
  const Callers callers(bench.config.socket(), kStorm);
  const double logins = Logins(provider.process);
  // The first calls are single ones and hold the places; what waits behind them is denied.
  SharedEmulator().QueueFault({{"operation", "transit_decrypt"}, {"delay_ms", 100}, {"count", 8}});
  SharedEmulator().QueueFault({{"operation", "transit_decrypt"}, {"status", 403}});
  std::atomic<int> right = 0;
  callers.Run([&](const testing::KmsStub& stub, int caller) {
    if (stub.Decrypt(sealed[static_cast<std::size_t>(caller)]).plaintext == ValueOf(caller, 0)) {
      ++right;
    }
  });
  SharedEmulator().emulator().ClearFaults();
  CHECK(right == kStorm);
  CHECK(Logins(provider.process) - logins == 1);
  CHECK(Calls(provider, "transit_batch_decrypt") >= 1);
}

}  // namespace
}  // namespace baokms::e2e
