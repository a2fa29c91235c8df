// kms-client's command line.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace baokms::testing {

struct Arguments {
  std::string command;  // status, encrypt, decrypt, roundtrip
  std::string socket;
  std::string uid = "kms-client";
  std::size_t count = 1;    // calls (roundtrip: encrypt and decrypt each), all threads together
  std::size_t threads = 1;  // each with a connection of its own
  std::size_t size = 32;    // plaintext bytes
  long timeout_ms = 10'000;
  bool json = false;
  std::string plaintext;    // encrypt, roundtrip; empty: random bytes of `size`
  std::string sealed_file;  // decrypt reads what encrypt --json wrote; "-" is standard input
};

// None after a bad command line, which has been explained on standard error.
std::optional<Arguments> ParseArguments(int argc, char** argv);

}  // namespace baokms::testing
