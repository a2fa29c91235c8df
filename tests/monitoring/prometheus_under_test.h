// A real Prometheus on loopback with the rules of deploy/prometheus, one scrape a second.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/harness/child_process.h"
#include "tests/support/harness/http_client.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::monitoring {

// One thread. Throws HarnessError when it does not get ready within 20 s, or refuses a question.
class PrometheusUnderTest {
 public:
  // Scrapes these (host:port) as job bao-kms-provider, cluster "prod".
  explicit PrometheusUnderTest(const std::vector<std::string>& targets);

  // Whether the program is there.
  static bool Installed();

  // The samples, [{"metric": {...}, "value": [time, "1"]}].
  testing::Json Ask(const std::string& expression) const;
  // The same with "values", one a second. Times since 1970.
  testing::Json AskRange(const std::string& expression, double from, double to) const;
  // The one number of the one sample; NaN when there is none, or more.
  double Number(const std::string& expression) const;
  // "rule: why" of each rule that it could not evaluate, or has not evaluated yet.
  std::vector<std::string> RuleProblems() const;

 private:
  testing::Json Api(const std::string& path, const std::string& form) const;

  testing::TempDirectory directory_;
  std::string address_;
  std::unique_ptr<testing::ChildProcess> process_;
};

}  // namespace baokms::monitoring
