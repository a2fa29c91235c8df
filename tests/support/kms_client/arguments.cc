#include "tests/support/kms_client/arguments.h"

#include <charconv>
#include <cstdio>
#include <string_view>

namespace baokms::testing {
namespace {

constexpr const char* kUsage =
    "usage: kms-client --socket PATH status|encrypt|decrypt|roundtrip\n"
    "  --count N       calls in all (1)\n"
    "  --threads T     clients with a connection each (1)\n"
    "  --size B        plaintext bytes (32)\n"
    "  --plaintext S   this plaintext instead of random bytes\n"
    "  --in FILE       decrypt: what `encrypt --json` wrote; - for standard input (-)\n"
    "  --uid S         request uid (kms-client)\n"
    "  --timeout-ms N  each call's deadline (10000)\n"
    "  --json          one JSON object\n";

template <typename Number>
bool Read(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0;
}

bool IsCommand(std::string_view word) {
  return word == "status" || word == "encrypt" || word == "decrypt" || word == "roundtrip";
}

}  // namespace

std::optional<Arguments> ParseArguments(int argc, char** argv) {
  Arguments arguments;
  arguments.sealed_file = "-";
  bool good = true;
  for (int i = 1; i < argc && good; ++i) {
    const std::string_view word = argv[i];
    if (word == "--json") {
      arguments.json = true;
      continue;
    }
    if (!word.starts_with("--")) {
      good = IsCommand(word) && arguments.command.empty();
      arguments.command = word;
      continue;
    }
    if (i + 1 == argc) {
      good = false;
      break;
    }
    const std::string_view value = argv[++i];
    if (word == "--socket") {
      arguments.socket = value;
    } else if (word == "--count") {
      good = Read(value, arguments.count);
    } else if (word == "--threads") {
      good = Read(value, arguments.threads) && arguments.threads <= 1024;
    } else if (word == "--size") {
      good = Read(value, arguments.size);
    } else if (word == "--timeout-ms") {
      good = Read(value, arguments.timeout_ms);
    } else if (word == "--plaintext") {
      arguments.plaintext = value;
    } else if (word == "--in") {
      arguments.sealed_file = value;
    } else if (word == "--uid") {
      arguments.uid = value;
    } else {
      good = false;
    }
  }
  if (!good || arguments.command.empty() || arguments.socket.empty()) {
    std::fputs(kUsage, stderr);
    return std::nullopt;
  }
  return arguments;
}

}  // namespace baokms::testing
