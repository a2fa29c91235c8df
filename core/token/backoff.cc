#include "core/token/backoff.h"

#include <algorithm>

namespace baokms::core {
namespace {

// SplitMix64's output function: spreads neighbouring inputs over all 64 bits.
std::uint64_t Mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

Duration Backoff::After(std::uint32_t failures) const {
  Duration wait = first_;
  for (std::uint32_t i = 1; i < failures && wait < longest_; ++i) {
    wait *= 2;
  }
  wait = std::min(wait, longest_);
  constexpr int kFractionBits = 53;
  const double fraction = static_cast<double>(Mix(Mix(seed_) ^ failures) >> (64 - kFractionBits)) /
                          static_cast<double>(std::uint64_t{1} << kFractionBits);
  return std::chrono::duration_cast<Duration>(wait * (0.75 + 0.5 * fraction));
}

}  // namespace baokms::core
