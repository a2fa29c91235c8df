// deploy/prometheus as Prometheus reads it.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace baokms::monitoring {

struct AlertRule {
  std::string name;
  std::string expression;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
};

struct RecordingRule {
  std::string name;
  std::string expression;
};

// One promql_expr_test of alerts.test.yaml.
struct AlertCheck {
  std::string expression;
  std::vector<std::string> fires;   // labels of the expected samples
  std::vector<std::string> series;  // all that its test puts in
};

std::vector<AlertRule> ReadAlerts();
std::vector<RecordingRule> ReadRecordings();
std::vector<AlertCheck> ReadAlertChecks();

}  // namespace baokms::monitoring
