#include "app/benchmark/transit_rounds.h"

#include <deque>
#include <utility>

#include "app/benchmark/benchmark_data.h"
#include "app/reports/failure_advice.h"

namespace baokms::app {

using std::chrono::steady_clock;

struct TransitRounds::Round {
  const std::string text = BenchmarkText();
  steady_clock::time_point began = steady_clock::now();
  core::Duration encrypt{0};
};

TransitRounds::TransitRounds(Options options, std::shared_ptr<BenchmarkTally> tally)
    : options_(std::move(options)), tally_(std::move(tally)) {}

void TransitRounds::Start(std::size_t concurrency) {
  for (std::size_t i = 0; i < concurrency; ++i) Begin();
}

void TransitRounds::Leave() {
  const std::scoped_lock lock(mutex_);
  left_ = true;
}

core::MonotonicTime TransitRounds::Deadline() const {
  return options_.clock.Now().monotonic + options_.call_timeout;
}

// Under the lock, so that Leave() waits for it. What completes inside its call goes on when the
// call has returned: so nothing nests, and no thread takes the lock twice.
void TransitRounds::MakeUnlessLeft(Call call) {
  thread_local std::deque<Call> calls;
  calls.emplace_back([self = shared_from_this(), call = std::move(call)]() mutable {
    const std::scoped_lock lock(self->mutex_);
    if (!self->left_) call();
  });
  if (calls.size() > 1) return;  // this thread is inside the first one
  for (; !calls.empty(); calls.pop_front()) calls.front()();
}

void TransitRounds::Begin() {
  MakeUnlessLeft([this] {
    if (!tally_->Take()) return;
    auto round = std::make_shared<Round>();
    core::Secret plaintext = core::Secret::Copy(round->text);
    round->began = steady_clock::now();
    options_.transit.Encrypt(
        options_.token,
        {.plaintext = std::move(plaintext), .version = options_.version, .aad = options_.aad},
        Deadline(), [self = shared_from_this(), round](core::Result<core::Ciphertext> reply) {
          self->Encrypted(round, std::move(reply));
        });
  });
}

void TransitRounds::Encrypted(const std::shared_ptr<Round>& round,
                              core::Result<core::Ciphertext> reply) {
  round->encrypt = steady_clock::now() - round->began;
  if (!reply) return tally_->Fail("encrypt: " + NameAndAdvice(reply.error()));
  MakeUnlessLeft([this, round, ciphertext = *std::move(reply)]() mutable {
    round->began = steady_clock::now();
    options_.transit.Decrypt(
        options_.token, {.ciphertext = std::move(ciphertext), .aad = options_.aad}, Deadline(),
        [self = shared_from_this(), round](const core::Result<core::Secret>& decrypted) {
          self->Decrypted(*round, decrypted);
        });
  });
}

void TransitRounds::Decrypted(const Round& round, const core::Result<core::Secret>& reply) {
  const core::Duration decrypt = steady_clock::now() - round.began;
  if (!reply) return tally_->Fail("decrypt: " + NameAndAdvice(reply.error()));
  if (reply->ExposeSecret() != round.text) {
    return tally_->Fail("decrypt: " + std::string(AdviceFor(core::Reason::kDeepProbeInvalid)));
  }
  tally_->Add(round.encrypt, decrypt);
  Begin();
}

}  // namespace baokms::app
