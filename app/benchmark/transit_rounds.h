// Encrypts and decrypts straight through Transit, so many at a time, without threads of its own:
// the reply to one call begins the next.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "app/benchmark/benchmark_tally.h"
#include "core/model/aad.h"
#include "core/model/time.h"
#include "core/model/transit_key_version.h"
#include "ports/clock.h"
#include "ports/transit.h"

namespace baokms::app {

class TransitRounds : public std::enable_shared_from_this<TransitRounds> {
 public:
  struct Options {
    ports::TransitPort& transit;  // not called once Leave() has returned
    const ports::Clock& clock;
    ports::TokenRef token;
    core::TransitKeyVersion version;
    std::shared_ptr<const core::Aad> aad;
    core::Duration call_timeout;
  };
  TransitRounds(Options options, std::shared_ptr<BenchmarkTally> tally);

  // `concurrency` iterations at a time, until the tally has no more of them.
  void Start(std::size_t concurrency);
  void Leave();

 private:
  struct Round;
  using Call = std::move_only_function<void()>;
  void MakeUnlessLeft(Call call);
  void Begin();
  void Encrypted(const std::shared_ptr<Round>& round, core::Result<core::Ciphertext> reply);
  void Decrypted(const Round& round, const core::Result<core::Secret>& reply);
  core::MonotonicTime Deadline() const;

  const Options options_;
  const std::shared_ptr<BenchmarkTally> tally_;
  std::mutex mutex_;
  bool left_ = false;
};

}  // namespace baokms::app
