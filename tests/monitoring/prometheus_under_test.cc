#include "tests/monitoring/prometheus_under_test.h"

#include <cctype>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "tests/support/harness/free_port.h"
#include "tests/support/harness/harness_error.h"

namespace baokms::monitoring {
namespace {

using testing::HarnessError;
using testing::Json;

std::string FormEncoded(const std::string& text) {
  std::string encoded;
  for (const unsigned char c : text) {
    char hex[4];
    std::snprintf(hex, sizeof hex, "%%%02X", c);
    encoded += std::isalnum(c) != 0 ? std::string(1, static_cast<char>(c)) : std::string(hex);
  }
  return encoded;
}

Json Configuration(const std::vector<std::string>& targets) {
  const std::string rules = BAOKMS_SOURCE_TREE "/deploy/prometheus/";
  return {{"global",
           {{"scrape_interval", "1s"}, {"scrape_timeout", "1s"}, {"evaluation_interval", "1s"}}},
          {"rule_files", {rules + "recording.rules.yaml", rules + "alerts.rules.yaml"}},
          {"scrape_configs",
           {{{"job_name", "bao-kms-provider"},
             {"static_configs", {{{"targets", targets}, {"labels", {{"cluster", "prod"}}}}}}}}}};
}

}  // namespace

bool PrometheusUnderTest::Installed() {
  return std::system("command -v prometheus >/dev/null 2>&1") == 0;
}

PrometheusUnderTest::PrometheusUnderTest(const std::vector<std::string>& targets)
    : address_("127.0.0.1:" + std::to_string(testing::FreePort())) {
  // JSON is YAML.
  const std::string file = directory_.Write("prometheus.yaml", Configuration(targets).dump(2));
  process_ = std::make_unique<testing::ChildProcess>(testing::ChildProcess::Options{
      .argv = {"prometheus", "--config.file=" + file,
               "--storage.tsdb.path=" + directory_.File("data"), "--web.listen-address=" + address_,
               "--log.level=warn"},
      .stderr_file = directory_.File("stderr"),
      .working_directory = directory_.path()});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (testing::AskHttp({.url = "http://" + address_ + "/-/ready"}).status != 200) {
    if (!process_->Running() || std::chrono::steady_clock::now() > deadline) {
      throw HarnessError("Prometheus does not get ready: " + process_->Stderr());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

Json PrometheusUnderTest::Api(const std::string& path, const std::string& form) const {
  testing::HttpAnswer answer;
  // A machine that is busy with its disk may keep Prometheus from answering for a while.
  for (int tries = 0; answer.status == 0 && tries < 3; ++tries) {
    answer = testing::AskHttp({.method = form.empty() ? "GET" : "POST",
                               .url = "http://" + address_ + "/api/v1/" + path,
                               .body = form,
                               .headers = {{"Content-Type", "application/x-www-form-urlencoded"}}});
  }
  const Json json = Json::parse(answer.body, nullptr, false);
  if (answer.status != 200) {
    throw HarnessError("Prometheus refuses " + form + ": " + std::to_string(answer.status) + " " +
                       answer.body);
  }
  return json.at("data");
}

Json PrometheusUnderTest::Ask(const std::string& expression) const {
  return Api("query", "query=" + FormEncoded(expression)).at("result");
}

Json PrometheusUnderTest::AskRange(const std::string& expression, double from, double to) const {
  return Api("query_range", "query=" + FormEncoded(expression) + "&start=" + std::to_string(from) +
                                "&end=" + std::to_string(to) + "&step=1")
      .at("result");
}

double PrometheusUnderTest::Number(const std::string& expression) const {
  const Json result = Ask(expression);
  if (result.size() != 1) return std::nan("");
  return std::strtod(result[0].at("value").at(1).get<std::string>().c_str(), nullptr);
}

std::vector<std::string> PrometheusUnderTest::RuleProblems() const {
  std::vector<std::string> problems;
  const Json data = Api("rules", "");
  for (const Json& group : data.at("groups")) {
    for (const Json& rule : group.at("rules")) {
      if (rule.at("health") == "ok") continue;
      problems.push_back(rule.at("name").get<std::string>() + ": " +
                         rule.at("health").get<std::string>() + " " + rule.value("lastError", ""));
    }
  }
  return problems;
}

}  // namespace baokms::monitoring
