#include "core/token/backoff.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>

namespace baokms::core {
namespace {

using std::chrono::seconds;

TEST_CASE("Backoff: 1 s doubling to 60 s with 25 percent of jitter either way") {
  bool below = false;
  bool above = false;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Backoff backoff(seconds(1), seconds(60), seed);
    for (std::uint32_t failures = 1; failures < 40; ++failures) {
      const Duration base = failures < 7 ? seconds(1U << (failures - 1)) : seconds(60);
      const Duration wait = backoff.After(failures);
      CHECK(wait >= base * 3 / 4);
      CHECK(wait <= base * 5 / 4);
      CHECK(wait == backoff.After(failures));
      below = below || wait < base * 8 / 10;
      above = above || wait > base * 12 / 10;
    }
  }
  CHECK(below);
  CHECK(above);
}

}  // namespace
}  // namespace baokms::core
