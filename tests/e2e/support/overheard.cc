#include "tests/e2e/support/overheard.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

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

// Before any case.
[[maybe_unused]] const bool listens = [] {
  testing::ProviderProcess::ListenToAll(
      [](std::string_view where, std::string_view text) { CheckSilent(where, text); });
  return true;
}();

}  // namespace

void CheckSilent(std::string_view where, std::string_view text) {
  Check(SearchFor(/*names=*/true), where, text);
}

void CheckSilentCommand(const std::vector<std::string>& arguments, std::string_view text) {
  static constexpr std::array kPrintNames = {"config", "init", "policy", "benchmark"};
  const bool prints_names =
      !arguments.empty() && std::ranges::find(kPrintNames, arguments.front()) != kPrintNames.end();
  Check(SearchFor(!prints_names), "a command's output", text);
}

}  // namespace baokms::e2e
