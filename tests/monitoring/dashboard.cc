#include "tests/monitoring/dashboard.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

namespace baokms::monitoring {
namespace {

using DashboardJson = nlohmann::json;

void ReplaceEach(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

void ReadPanel(const DashboardJson& panel, Dashboard& dashboard) {
  const std::string title = panel.value("title", "");
  const std::string uid = panel.value("/datasource/uid"_json_pointer, "");
  if (title.empty()) dashboard.problems.emplace_back("a panel without a title");
  if (panel.value("description", "").empty()) dashboard.problems.push_back(title + ": no text");
  if (uid != "${datasource}") dashboard.problems.push_back(title + ": another data source");
  if (panel.value("targets", DashboardJson::array()).empty()) {
    dashboard.problems.push_back(title + ": no query");
  }
  for (const DashboardJson& target : panel.value("targets", DashboardJson::array())) {
    dashboard.queries.push_back(
        {.row = dashboard.rows.empty() ? "" : dashboard.rows.back(),
         .panel = title,
         .kind = panel.at("type"),
         .unit = panel.value("/fieldConfig/defaults/unit"_json_pointer, "short"),
         .expression = target.at("expr"),
         .legend = target.value("legendFormat", "")});
  }
}

}  // namespace

Dashboard ReadDashboard() {
  std::ifstream in(BAOKMS_SOURCE_TREE "/deploy/grafana/bao-kms-provider.json");
  const DashboardJson json = DashboardJson::parse(in);
  Dashboard dashboard;
  std::set<int> ids;
  std::set<std::pair<int, int>> taken;
  for (const DashboardJson& panel : json.at("panels")) {
    const std::string title = panel.value("title", "");
    if (!ids.insert(panel.at("id").get<int>()).second)
      dashboard.problems.push_back(title + ": id is taken");
    const DashboardJson& place = panel.at("gridPos");
    const auto number = [&](const char* name) { return place.at(name).get<int>(); };
    for (int x = number("x"); x < number("x") + number("w"); ++x) {
      for (int y = number("y"); y < number("y") + number("h"); ++y) {
        if (!taken.insert({x, y}).second || x >= 24) {
          dashboard.problems.push_back(title + ": place is taken");
        }
      }
    }
    if (panel.at("type") == "row") {
      dashboard.rows.push_back(title);
    } else {
      ReadPanel(panel, dashboard);
    }
  }
  for (const DashboardJson& variable : json.at("templating").at("list")) {
    if (variable.at("type") == "query") dashboard.variables.push_back(variable.at("definition"));
  }
  for (const DashboardJson& annotation : json.at("annotations").at("list")) {
    dashboard.annotations.push_back(annotation.at("expr"));
  }
  return dashboard;
}

std::string Filled(std::string expression, const std::string& rate_interval) {
  ReplaceEach(expression, "$cluster", ".*");
  ReplaceEach(expression, "$instance", ".*");
  ReplaceEach(expression, "$__rate_interval", rate_interval);
  return expression;
}

}  // namespace baokms::monitoring
