// Encrypts and decrypts through the provider's socket, so many at a time, a thread each.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/benchmark/benchmark_tally.h"

namespace baokms::app {

// Empty: a healthy provider answers there. Else why none can be measured, and what to do.
std::string NotMeasuredAdvice(const std::string& socket_path);

class SocketRounds {
 public:
  // `concurrency` iterations at a time, until the tally has no more of them.
  SocketRounds(const std::string& socket_path, std::size_t concurrency,
               const std::shared_ptr<BenchmarkTally>& tally);
  // Waits for the calls under way, 3 s at most: the tally was stopped or is over.
  ~SocketRounds() = default;
  SocketRounds(const SocketRounds&) = delete;
  SocketRounds& operator=(const SocketRounds&) = delete;

 private:
  std::vector<std::jthread> threads_;
};

}  // namespace baokms::app
