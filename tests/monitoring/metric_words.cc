#include "tests/monitoring/metric_words.h"

#include <algorithm>
#include <regex>
#include <sstream>

#include "adapters/telemetry/metric_table.h"

namespace baokms::monitoring {
namespace {

using adapters::telemetry::kMetricTable;
using adapters::telemetry::MetricFact;
using adapters::telemetry::MetricKind;

// Those that Prometheus and its configuration give a target, and a histogram's own.
const std::set<std::string> kTargetLabels = {"cluster", "instance", "job", "le"};

std::set<std::string> Split(const std::string& list) {
  std::set<std::string> words;
  std::istringstream in(list);
  for (std::string word; std::getline(in, word, ',');) {
    std::erase(word, ' ');
    if (!word.empty()) words.insert(word);
  }
  return words;
}

const MetricFact* Find(const std::string& name) {
  for (const MetricFact& fact : kMetricTable) {
    if (name == fact.name) return &fact;
    if (fact.kind != MetricKind::kHistogram) continue;
    for (const char* part : {"_bucket", "_sum", "_count"}) {
      if (name == std::string(fact.name) + part) return &fact;
    }
  }
  return nullptr;
}

struct Selector {
  std::string name;
  std::set<std::string> labels;
};

std::vector<Selector> SelectorsIn(const std::string& expression) {
  static const std::regex kSelector(
      R"(\b((?:openbao_kms|process)[a-zA-Z0-9_:]*|up\b)\s*(\{(?:[^}"]|"[^"]*")*\})?)");
  static const std::regex kLabel(R"(([a-zA-Z_]+)\s*(?:=~|!=|!~|=)\s*"[^"]*")");
  std::vector<Selector> selectors;
  for (std::sregex_iterator it(expression.begin(), expression.end(), kSelector), end; it != end;
       ++it) {
    Selector selector{.name = (*it)[1], .labels = {}};
    const std::string braces = (*it)[2];
    for (std::sregex_iterator label(braces.begin(), braces.end(), kLabel); label != end; ++label) {
      selector.labels.insert((*label)[1]);
    }
    selectors.push_back(std::move(selector));
  }
  return selectors;
}

}  // namespace

std::vector<std::string> UnknownWords(const std::string& expression,
                                      const std::set<std::string>& recorded) {
  std::vector<std::string> unknown;
  for (const Selector& selector : SelectorsIn(expression)) {
    if (selector.name == "up" || recorded.contains(selector.name)) continue;
    const MetricFact* fact = Find(selector.name);
    if (fact == nullptr) {
      unknown.push_back(selector.name);
      continue;
    }
    const std::set<std::string> own = Split(std::string(fact->labels));
    for (const std::string& label : selector.labels) {
      if (!own.contains(label) && !kTargetLabels.contains(label)) {
        unknown.push_back(selector.name + "{" + label + "}");
      }
    }
  }
  std::set<std::string> any = kTargetLabels;
  for (const MetricFact& fact : kMetricTable) any.merge(Split(std::string(fact.labels)));
  static const std::regex kGrouping(R"(\b(?:by|without|on|ignoring|group_left)\s*\(([^)]*)\))");
  for (std::sregex_iterator it(expression.begin(), expression.end(), kGrouping), end; it != end;
       ++it) {
    for (const std::string& label : Split((*it)[1])) {
      if (!any.contains(label)) unknown.push_back("(" + label + ")");
    }
  }
  return unknown;
}

std::set<std::string> MetricsIn(const std::string& expression) {
  std::set<std::string> names;
  for (const Selector& selector : SelectorsIn(expression)) {
    const MetricFact* fact = Find(selector.name);
    names.insert(fact == nullptr ? selector.name : fact->name);
  }
  return names;
}

}  // namespace baokms::monitoring
