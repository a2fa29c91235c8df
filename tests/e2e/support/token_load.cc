#include "tests/e2e/support/token_load.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

namespace baokms::e2e {
namespace {

using testing::DecryptAnswer;
using testing::EncryptAnswer;
using testing::KmsStub;

constexpr int kWorkers = 4;
// Load, not a saturated machine: the provider's own refreshes should come when they are due.
constexpr Milliseconds kPause(4);
// Longer than any budget of the provider's: what ends a call is the provider.
constexpr Milliseconds kPatience(30000);

}  // namespace

long TokenLoad::Figures::all_refused() const {
  long all = 0;
  for (const auto& [code, count] : refused) all += count;
  return all;
}

TokenLoad::TokenLoad(const ProviderConfig& config, testing::SealedObject earlier)
    : socket_(config.socket()), earlier_(std::move(earlier)) {
  for (int i = 0; i < kWorkers; ++i) threads_.emplace_back([this] { Work(); });
  threads_.emplace_back([this] { Watch(); });
}

TokenLoad::Figures TokenLoad::Stop() {
  stop_ = true;
  for (std::thread& thread : std::exchange(threads_, {})) thread.join();
  return figures();
}

TokenLoad::Figures TokenLoad::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

void TokenLoad::Work() {
  const KmsStub stub(socket_);
  const auto open = [&](const testing::SealedObject& sealed, const std::string& plaintext) {
    const DecryptAnswer answer = stub.Decrypt(sealed, "uid-1", kPatience);
    Note(&Figures::decrypts, answer.status);
    if (!answer.status.ok() || answer.plaintext == plaintext) return;
    const std::lock_guard lock(mutex_);
    ++figures_.wrong;
  };
  for (long i = 0; !stop_; ++i) {
    const std::string plaintext = "value " + std::to_string(i);
    const EncryptAnswer answer = stub.Encrypt(plaintext, "uid-1", kPatience);
    Note(&Figures::encrypts, answer.status);
    if (answer.status.ok()) open(answer.sealed, plaintext);
    open(earlier_, kEarlier);
    std::this_thread::sleep_for(kPause);
  }
}

void TokenLoad::Watch() {
  const KmsStub stub(socket_);
  while (!stop_) {
    const bool healthy = stub.Status(kPatience).healthz == "ok";
    {
      const std::lock_guard lock(mutex_);
      ++figures_.status;
      figures_.unhealthy += healthy ? 0 : 1;
    }
    std::this_thread::sleep_for(kPause);
  }
}

void TokenLoad::Note(long Figures::* counter, const testing::CallStatus& status) {
  const std::lock_guard lock(mutex_);
  ++(figures_.*counter);
  if (status.ok()) return;
  ++figures_.refused[static_cast<Code>(status.code)];
  if (figures_.first_refusal.empty()) {
    figures_.first_refusal = std::to_string(status.code) + " " + status.message;
  }
}

void CheckNothingFailed(const TokenLoad::Figures& figures) {
  CheckRefusedOnlyWith(figures, {});
  CHECK(figures.unhealthy == 0);
  CHECK(figures.encrypts > 0);
  CHECK(figures.decrypts > 0);
}

void CheckRefusedOnlyWith(const TokenLoad::Figures& figures, const std::vector<Code>& codes) {
  INFO(figures.first_refusal);
  CHECK(figures.wrong == 0);
  for (const auto& [code, count] : figures.refused) {
    const bool expected = std::ranges::find(codes, code) != codes.end();
    CHECK_MESSAGE(expected, count << " requests refused with " << static_cast<int>(code));
  }
}

}  // namespace baokms::e2e
