#include "app/benchmark/benchmark_tally.h"

#include <utility>

namespace baokms::app {

BenchmarkTally::BenchmarkTally(std::size_t iterations) : iterations_(iterations) {
  measured_.encrypts.reserve(iterations);
  measured_.decrypts.reserve(iterations);
}

bool BenchmarkTally::Take() {
  const std::scoped_lock lock(mutex_);
  if (Ended() || taken_ == iterations_) return false;
  ++taken_;
  return true;
}

void BenchmarkTally::Add(core::Duration encrypt, core::Duration decrypt) {
  const std::scoped_lock lock(mutex_);
  if (Ended()) return;
  measured_.encrypts.push_back(encrypt);
  measured_.decrypts.push_back(decrypt);
  measured_.took = std::chrono::steady_clock::now() - began_;
}

void BenchmarkTally::Fail(std::string problem) {
  const std::scoped_lock lock(mutex_);
  if (!Ended()) measured_.problem = std::move(problem);
}

void BenchmarkTally::Stop(std::string why) {
  const std::scoped_lock lock(mutex_);
  if (!Ended() && measured_.iterations() < iterations_) measured_.stopped = std::move(why);
}

bool BenchmarkTally::Over() const {
  const std::scoped_lock lock(mutex_);
  return Ended() || measured_.iterations() == iterations_;
}

std::size_t BenchmarkTally::Made() const {
  const std::scoped_lock lock(mutex_);
  return measured_.iterations();
}

Measured BenchmarkTally::Result() const {
  const std::scoped_lock lock(mutex_);
  return measured_;
}

}  // namespace baokms::app
