#include "tests/e2e/support/overheard.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "adapters/telemetry/log_table.h"
#include "tests/e2e/support/leak_search.h"
#include "tests/support/harness/planted.h"
#include "tests/support/harness/provider_process.h"

namespace baokms::e2e {
namespace {

using testing::Planted;

LeakSearch SearchFor(bool names) {
  LeakSearch search;
  search.PlantTokenShape();
  search.Plant("Transit ciphertext", "vault:v1:");
  for (const Planted& planted : testing::AllPlanted()) {
    if (planted.kind == Planted::Kind::kJwt) {
      search.PlantJwt(planted.bytes);
    } else if (names || planted.kind != Planted::Kind::kName) {
      search.Plant(planted.what, planted.bytes);
    }
  }
  return search;
}

void Check(const LeakSearch& search, std::string_view where, std::string_view text) {
  for (const std::string& leak : search.In(where, text))
    ADD_FAIL_CHECK_AT(__FILE__, __LINE__, leak);
}

// Every line that is JSON, and what each message may be, is in a table.
void CheckMessages(std::string_view where, std::string_view text) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const auto parsed = testing::Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!parsed.is_object() || !parsed.contains("message")) continue;
    const std::string message = parsed.at("message");
    const auto is_it = [&](const auto& fact) {
      return fact.message == message &&
             fact.levels.find(parsed.at("level").get<std::string>()) != std::string_view::npos;
    };
    CHECK_MESSAGE(std::ranges::any_of(adapters::telemetry::kLogTable, is_it), where, ": ", line);
  }
}

// Before any case.
[[maybe_unused]] const bool listens = [] {
  testing::ProviderProcess::ListenToAll([](std::string_view where, std::string_view text) {
    CheckSilent(where, text);
    if (where == "standard error") CheckMessages(where, text);
  });
  return true;
}();

}  // namespace

void CheckSilent(std::string_view where, std::string_view text) {
  Check(SearchFor(/*names=*/true), where, text);
}

void CheckSilentCommand(const std::vector<std::string>& arguments, std::string_view text) {
  static constexpr std::array kPrintNames = {"config", "init", "policy", "benchmark"};
  const bool prints_names =
      !arguments.empty() &&
      (std::ranges::find(kPrintNames, arguments.front()) != kPrintNames.end() ||
       std::ranges::find(arguments, "--encryption-config") != arguments.end());
  Check(SearchFor(!prints_names), "a command's output", text);
}

}  // namespace baokms::e2e
