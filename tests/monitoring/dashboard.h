// deploy/grafana/bao-kms-provider.json: what it asks Prometheus.
#pragma once

#include <string>
#include <vector>

namespace baokms::monitoring {

struct DashboardQuery {
  std::string row;
  std::string panel;  // its title
  std::string kind;   // timeseries, stat, table
  std::string unit;   // Grafana's word; "short" for none
  std::string expression;
  std::string legend;
};

struct Dashboard {
  std::vector<std::string> rows;
  std::vector<DashboardQuery> queries;
  std::vector<std::string> variables;    // "label_values(metric, label)"
  std::vector<std::string> annotations;  // expressions
  // Panels without a title, a description, a query or the dashboard's data source, ids that are not
  // unique, panels that cover each other.
  std::vector<std::string> problems;
};

Dashboard ReadDashboard();

// The expression as Grafana sends it with every node chosen.
std::string Filled(std::string expression, const std::string& rate_interval);

}  // namespace baokms::monitoring
