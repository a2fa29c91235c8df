#include "core/text/duration_words.h"

#include <doctest/doctest.h>

namespace baokms::core {

using namespace std::chrono_literals;

TEST_CASE("Duration words: the two largest units and nothing that is zero") {
  CHECK(DurationWords(0s) == "0 s");
  CHECK(DurationWords(59s) == "59 s");
  CHECK(DurationWords(60s) == "1 min");
  CHECK(DurationWords(200s) == "3 min 20 s");
  CHECK(DurationWords(34317s) == "9 h 31 min");
  CHECK(DurationWords(1h) == "1 h");
  CHECK(DurationWords(1h + 59s) == "1 h");
  CHECK(DurationWords(24h + 3599s) == "1 d");
  CHECK(DurationWords(52h) == "2 d 4 h");
  CHECK(DurationWords(24h * 400) == "400 d");
}

TEST_CASE("Duration words: what is over is 0 s") { CHECK(DurationWords(-5s) == "0 s"); }

}  // namespace baokms::core
