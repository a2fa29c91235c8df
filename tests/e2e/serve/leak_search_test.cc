#include "tests/e2e/support/leak_search.h"

#include <doctest/doctest.h>

#include "tests/support/emulator/encoding.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::e2e {
namespace {

constexpr std::string_view kPlanted = "planted>>secret??value";

LeakSearch Search() {
  LeakSearch search;
  search.Plant("the secret", kPlanted);
  return search;
}

std::string PlainHex(std::string_view bytes) {
  std::string text = emulator::ColonHex(bytes);
  std::erase(text, ':');
  return text;
}

TEST_CASE("Leak search: a planted file is found in every form and its neighbour is not") {
  const LeakSearch search = Search();
  const std::string secret(kPlanted);
  const testing::TempDirectory directory;
  directory.MakeDirectory("deep", 0700);
  for (const std::string& content :
       {"text " + secret + " text", "x" + PlainHex(secret) + "y", emulator::Base64Encode(secret),
        emulator::Base64Encode("1" + secret + "tail"), emulator::Base64Encode("12" + secret + "t"),
        emulator::Base64Encode("123" + secret),
        emulator::Base64UrlEncode("{\"a\":\"" + secret + "\"}")}) {
    directory.Write("deep/planted", content);
    CHECK_MESSAGE(search.InTree(directory.path()).size() == 1, content);
  }
  directory.Write("deep/planted", "planted>>secret??valu, and " + secret.substr(1));
  CHECK(search.InTree(directory.path()).empty());
}

TEST_CASE("Leak search: a file's name leaks too") {
  LeakSearch search;
  search.Plant("the name", "secret-name");
  const testing::TempDirectory directory;
  directory.Write("a-secret-name.json", "{}");
  CHECK(search.InTree(directory.path()).size() == 1);
}

TEST_CASE("Leak search: what looks like a token is found and ordinary text is not") {
  LeakSearch search;
  search.PlantTokenShape();
  CHECK(search.In("log", "token=s.abcdefghijABCDEFGHIJ12 end").size() == 1);
  CHECK(search.In("log", "\"hvs.CAESIabcdefghijABCDEFGHIJ12\"").size() == 1);
  CHECK(search.In("log", "It stops. abcdefghijABCDEFGHIJ12").empty());
  CHECK(search.In("log", "requests.abcdefghijABCDEFGHIJ12").empty());
  CHECK(search.In("log", "s.short").empty());
}

TEST_CASE("Leak search: values too short to be told from chance are refused") {
  LeakSearch search;
  CHECK_THROWS(search.Plant("short", "1234567"));
}

}  // namespace
}  // namespace baokms::e2e
