#include "core/text/nearest_word.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace baokms::core {
namespace {

const std::vector<std::string> kWords{"doctor", "verify-key", "json", "text", "no"};

TEST_CASE("Nearest word: one letter more, less, other or swapped, in any case") {
  for (const char* typed : {"doctors", "docto", "doctar", "dcotor", "DOCTOR", "Dcotr"}) {
    CAPTURE(typed);
    CHECK(NearestWord(typed, kWords) == "doctor");
  }
  CHECK(NearestWord("verfy-kye", kWords) == "verify-key");
  CHECK(NearestWord("jsn", kWords) == "json");
}

TEST_CASE("Nearest word: what is far from all has none") {
  for (const char* typed : {"", "x", "xyz", "migrate", "doctor-and-more"}) {
    CAPTURE(typed);
    CHECK(NearestWord(typed, kWords).empty());
  }
  // Every letter of a word replaced is no resemblance.
  CHECK(NearestWord("xy", {{"no"}}).empty());
  CHECK(NearestWord(std::string(65, 'a'), {{std::string(64, 'a')}}).empty());
  CHECK(NearestWord("doctor", {}).empty());
}

TEST_CASE("Nearest word: the first of equally near ones") {
  CHECK(NearestWord("cat", {{"bat", "rat"}}) == "bat");
}

}  // namespace
}  // namespace baokms::core
