// Encrypt, Decrypt and Status through one socket all the time, and how each call ended: what a
// change of the provider's token costs the requests that are under way.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {

class TokenLoad {
 public:
  struct Figures {
    long encrypts = 0, decrypts = 0, status = 0;
    std::map<Code, long> refused;  // Encrypts and Decrypts, by gRPC's code
    long unhealthy = 0;            // Status answers
    long wrong = 0;                // Decrypts that gave another plaintext
    std::string first_refusal;

    long requests() const { return encrypts + decrypts + status; }
    long all_refused() const;
  };

  // Starts. `earlier` is of kEarlier, and decrypted as often as what the load encrypts itself.
  TokenLoad(const ProviderConfig& config, testing::SealedObject earlier);
  ~TokenLoad() { Stop(); }
  TokenLoad(const TokenLoad&) = delete;
  TokenLoad& operator=(const TokenLoad&) = delete;

  static constexpr const char* kEarlier = "encrypted before the load";

  // Waits for its threads; complete after it.
  Figures Stop();
  Figures figures() const;

 private:
  void Work();
  void Watch();
  void Note(long Figures::* counter, const testing::CallStatus& status);

  const std::string socket_;
  const testing::SealedObject earlier_;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  Figures figures_;
  std::vector<std::thread> threads_;
};

// CHECKs that requests were made, none was refused or wrong, and Status stayed healthy.
void CheckNothingFailed(const TokenLoad::Figures& figures);
// CHECKs that what was refused was refused with one of these, and nothing opened wrongly.
void CheckRefusedOnlyWith(const TokenLoad::Figures& figures, const std::vector<Code>& codes);

}  // namespace baokms::e2e
