// contract_tests: the same cases against the emulator (default) and, with
// BAOKMS_CONTRACT_TARGET=openbao, against a real OpenBao. Exit 77: no server program, skipped.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tests/contract/contract_case.h"
#include "tests/support/harness/real_openbao.h"
#include "tests/support/skip.h"

namespace {

constexpr int kSkipped = 77;

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// A filter that selects nothing must not pass.
unsigned selected_cases = 0;

struct SelectedCases final : doctest::IReporter {
  explicit SelectedCases(const doctest::ContextOptions& /*options*/) {}
  void report_query(const doctest::QueryData& /*data*/) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats& stats) override {
    selected_cases = stats.numTestCasesPassingFilters;
  }
  void test_case_start(const doctest::TestCaseData& /*data*/) override {}
  void test_case_reenter(const doctest::TestCaseData& /*data*/) override {}
  void test_case_end(const doctest::CurrentTestCaseStats& /*stats*/) override {}
  void test_case_exception(const doctest::TestCaseException& /*thrown*/) override {}
  void subcase_start(const doctest::SubcaseSignature& /*subcase*/) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData& /*data*/) override {}
  void log_message(const doctest::MessageData& /*data*/) override {}
  void test_case_skipped(const doctest::TestCaseData& /*data*/) override {}
};
REGISTER_LISTENER("selected_cases", 1, SelectedCases);

}  // namespace

int main(int argc, char** argv) {
  const std::string_view target = Variable("BAOKMS_CONTRACT_TARGET");
  if (!baokms::testing::KnownTarget()) {
    std::cerr << "BAOKMS_CONTRACT_TARGET: emulator or emulator-2.6.2 or openbao\n";
    return 2;
  }
  if (target == "openbao" && !baokms::testing::FindRealOpenBao()) {
    if (!Variable("BAOKMS_OPENBAO").empty()) {
      std::cerr << "BAOKMS_OPENBAO names no program that can be run\n";
      return 2;
    }
    baokms::testing::SaySkipped(baokms::testing::HowToGetOpenBao());
    return kSkipped;
  }
  doctest::Context context(argc, argv);
  const int result = context.run();
  baokms::testing::StopServerUnderTest();
  if (result == 0 && !context.shouldExit() && selected_cases == 0) {
    std::cerr << "no case was selected\n";
    return 1;
  }
  return result;
}
