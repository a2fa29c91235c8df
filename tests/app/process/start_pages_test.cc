// Pages that only the start needed are given back, and come back when they are used.
#include "app/process/start_pages.h"

#include <doctest/doctest.h>
#include <openssl/sha.h>

#include <array>
#include <fstream>
#include <stdexcept>
#include <string>

namespace baokms::app {
namespace {

// What is resident of files, in KiB.
long ResidentOfFiles() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssFile:")) return std::stol(line.substr(8));
  }
  return 0;
}

}  // namespace

TEST_CASE("Start pages: what is given back is no longer resident") {
  const StartPages pages;
  const long before = ResidentOfFiles();
  REQUIRE(before > 0);
  pages.GiveBack();
  const long after = ResidentOfFiles();
  CAPTURE(before);
  CAPTURE(after);
  CHECK(after < before * 2 / 3);
}

TEST_CASE("Start pages: code, constants and relocated addresses are as before") {
  const StartPages pages;
  const auto digest = [] {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> bytes{};
    SHA256(reinterpret_cast<const unsigned char*>("constant"), 8, bytes.data());
    return bytes;
  };
  const auto before = digest();
  for (int i = 0; i < 3; ++i) pages.GiveBack();
  CHECK(digest() == before);
  // Through tables that the loader filled in: virtual functions, exceptions, locales.
  CHECK_THROWS_AS(static_cast<void>(std::string("short").at(9)), std::out_of_range);
  CHECK(std::to_string(1.5).starts_with("1"));
}

}  // namespace baokms::app
