// Which metrics and labels a PromQL expression names, judged by the code's table.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace baokms::monitoring {

// What is wrong with the expression's words: a metric that neither the table
// (adapters/telemetry/metric_table.h) nor `recorded` has; a label in braces that the metric does
// not have; a label behind by, without, on or group_left that nothing has.
std::vector<std::string> UnknownWords(const std::string& expression,
                                      const std::set<std::string>& recorded);

// The metrics that it names, without a histogram's _bucket, _sum and _count.
std::set<std::string> MetricsIn(const std::string& expression);

}  // namespace baokms::monitoring
