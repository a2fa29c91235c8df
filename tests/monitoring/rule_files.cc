#include "tests/monitoring/rule_files.h"

#include <yaml-cpp/yaml.h>

namespace baokms::monitoring {
namespace {

const std::string kRules = BAOKMS_SOURCE_TREE "/deploy/prometheus/";

std::map<std::string, std::string> TextsOf(const YAML::Node& mapping) {
  std::map<std::string, std::string> texts;
  for (const auto& entry : mapping) {
    texts[entry.first.as<std::string>()] = entry.second.as<std::string>();
  }
  return texts;
}

}  // namespace

std::vector<AlertRule> ReadAlerts() {
  std::vector<AlertRule> alerts;
  const YAML::Node file = YAML::LoadFile(kRules + "alerts.rules.yaml");
  for (const YAML::Node& group : file["groups"]) {
    for (const YAML::Node& rule : group["rules"]) {
      alerts.push_back({.name = rule["alert"].as<std::string>(),
                        .expression = rule["expr"].as<std::string>(),
                        .labels = TextsOf(rule["labels"]),
                        .annotations = TextsOf(rule["annotations"])});
    }
  }
  return alerts;
}

std::vector<RecordingRule> ReadRecordings() {
  std::vector<RecordingRule> recordings;
  const YAML::Node file = YAML::LoadFile(kRules + "recording.rules.yaml");
  for (const YAML::Node& group : file["groups"]) {
    for (const YAML::Node& rule : group["rules"]) {
      recordings.push_back(
          {.name = rule["record"].as<std::string>(), .expression = rule["expr"].as<std::string>()});
    }
  }
  return recordings;
}

std::vector<AlertCheck> ReadAlertChecks() {
  std::vector<AlertCheck> checks;
  const YAML::Node file = YAML::LoadFile(kRules + "alerts.test.yaml");
  for (const YAML::Node& test : file["tests"]) {
    std::vector<std::string> series;
    for (const YAML::Node& each : test["input_series"]) {
      series.push_back(each["series"].as<std::string>());
    }
    for (const YAML::Node& each : test["promql_expr_test"]) {
      AlertCheck check{.expression = each["expr"].as<std::string>(), .fires = {}, .series = series};
      for (const YAML::Node& sample : each["exp_samples"]) {
        check.fires.push_back(sample["labels"].as<std::string>());
      }
      checks.push_back(std::move(check));
    }
  }
  return checks;
}

}  // namespace baokms::monitoring
