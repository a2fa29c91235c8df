// What one side of `benchmark` has measured so far. An iteration is one encrypt, and the decrypt of
// what it gave.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>

#include "app/benchmark/latency.h"

namespace baokms::app {

// Encrypts and decrypts, as many of both.
struct Measured {
  Durations encrypts{};
  Durations decrypts{};
  core::Duration took{0};  // from the begin to the last reply
  std::string problem{};   // of the first call that failed; empty: none did
  std::string stopped{};   // why it ended early; empty: it did not

  std::size_t iterations() const { return encrypts.size(); }
};

// Any thread.
class BenchmarkTally {
 public:
  explicit BenchmarkTally(std::size_t iterations);

  // Whether the caller is to make another iteration, and then takes it.
  bool Take();
  void Add(core::Duration encrypt, core::Duration decrypt);
  // Nothing more is begun, and nothing that comes in later counts.
  void Fail(std::string problem);
  void Stop(std::string why);

  bool Over() const;
  std::size_t Made() const;
  Measured Result() const;

 private:
  bool Ended() const { return !measured_.problem.empty() || !measured_.stopped.empty(); }

  const std::size_t iterations_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;
  std::size_t taken_ = 0;
  Measured measured_;
};

}  // namespace baokms::app
