// Every query of the dashboard, asked of a real Prometheus that has scraped three real providers
// through a rotation, an outage of OpenBao and the recovery. With BAOKMS_PICTURES=DIRECTORY it
// draws some of the panels there, as they are in docs/monitoring.md
// (scripts/monitoring-pictures.sh).
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/cluster.h"
#include "tests/monitoring/chart.h"
#include "tests/monitoring/dashboard.h"
#include "tests/monitoring/prometheus_under_test.h"
#include "tests/support/skip.h"

namespace baokms::monitoring {
namespace {

using e2e::Cluster;
using e2e::Eventually;
using e2e::Milliseconds;
using testing::Json;

constexpr Milliseconds kInterval{300};
// Fifteen scrapes.
constexpr const char* kRateInterval = "15s";

double Now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// kube-apiserver in a small way: on each node ten objects a second are written and read, and one is
// read that somebody has tampered with. Answers do not matter here.
class SmallLoad {
 public:
  explicit SmallLoad(const std::vector<std::string>& sockets) {
    for (const std::string& socket : sockets) {
      threads_.emplace_back([this, socket] { Run(socket); });
    }
  }
  ~SmallLoad() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  SmallLoad(const SmallLoad&) = delete;
  SmallLoad& operator=(const SmallLoad&) = delete;

 private:
  void Run(const std::string& socket) const {
    const testing::KmsStub stub(socket);
    for (int i = 0; !stop_; ++i) {
      const testing::EncryptAnswer written = stub.Encrypt("a value");
      testing::SealedObject sealed = written.sealed;
      if (written.status.ok()) stub.Decrypt(sealed);
      if (written.status.ok() && i % 10 == 0) {
        sealed.annotations.begin()->second = "tampered";
        stub.Decrypt(sealed);
        sealed.key_id = "no-such-key";
        stub.Decrypt(sealed);
      }
      std::this_thread::sleep_for(Milliseconds(100));
    }
  }

  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
};

bool HasNumber(const Json& result) {
  const auto finite = [](const Json& sample) {
    return std::isfinite(std::strtod(sample.at(1).get<std::string>().c_str(), nullptr));
  };
  for (const Json& series : result) {
    for (const Json& sample : series.value("values", Json::array())) {
      if (finite(sample)) return true;
    }
    if (series.contains("value") && finite(series.at("value"))) return true;
  }
  return false;
}

// Without the zero that a panel shows when there was nothing to count.
std::string WithoutZero(std::string expression) {
  const std::string zero = " or on () vector(0)";
  const std::size_t at = expression.rfind(zero);
  if (at != std::string::npos) expression.erase(at, zero.size());
  return expression;
}

std::string Legend(const DashboardQuery& query, const Json& metric,
                   const std::vector<std::string>& nodes) {
  std::string text = query.legend;
  for (const auto& [label, value] : metric.items()) {
    const std::string word = "{{" + label + "}}";
    std::string shown = value.get<std::string>();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (label == "instance" && shown == nodes[i]) shown = "node " + std::to_string(i + 1);
    }
    const std::size_t at = text.find(word);
    if (at != std::string::npos) text.replace(at, word.size(), shown);
  }
  return text;
}

// The panels with this title, all of their queries in one chart.
Chart ChartOf(const std::string& panel, const PrometheusUnderTest& prometheus,
              const std::vector<std::string>& nodes, double from, double to) {
  Chart chart{.title = panel, .unit = "", .seconds = to - from, .lines = {}};
  for (const DashboardQuery& query : ReadDashboard().queries) {
    if (query.panel != panel || query.kind != "timeseries") continue;
    const bool rate = query.unit == "reqps" || query.unit == "ops";
    chart.unit = query.unit == "s" ? " s" : rate ? "/s" : "";
    const Json result = prometheus.AskRange(Filled(query.expression, "4s"), from, to);
    for (const Json& series : result) {
      if (series.at("metric").empty()) continue;  // the zero where nothing was counted
      ChartLine line{.name = Legend(query, series.at("metric"), nodes), .points = {}};
      for (const Json& sample : series.at("values")) {
        line.points.emplace_back(sample.at(0).get<double>() - from,
                                 std::strtod(sample.at(1).get<std::string>().c_str(), nullptr));
      }
      chart.lines.push_back(std::move(line));
    }
  }
  std::ranges::sort(chart.lines, {}, &ChartLine::name);
  return chart;
}

void DrawPictures(const std::string& directory, const PrometheusUnderTest& prometheus,
                  const std::vector<std::string>& nodes, double from, double to,
                  const std::vector<Chart::Mark>& marks) {
  const std::vector<std::pair<std::string, std::string>> pictures = {
      {"age-of-the-last-probe", "Age of the last good probe"},
      {"calls-to-openbao", "Calls, by operation"},
      {"key-version", "Version of the active key"}};
  for (const auto& [file, panel] : pictures) {
    Chart chart = ChartOf(panel, prometheus, nodes, from, to);
    REQUIRE_FALSE(chart.lines.empty());
    chart.marks = marks;
    testing::WriteWholeFile(directory + "/" + file + ".svg", DrawChart(chart), 0644);
  }
}

TEST_CASE("Dashboard: each query has a result after a rotation and an outage and a recovery") {
  if (!PrometheusUnderTest::Installed()) {
    testing::SaySkipped("no prometheus: install the package prometheus");
    return;
  }
  Cluster cluster({kInterval, kInterval, kInterval});
  std::vector<std::string> nodes;
  for (const auto& node : cluster.nodes) nodes.push_back(node->config.metrics_address());
  const PrometheusUnderTest prometheus(nodes);
  REQUIRE(Eventually(Milliseconds(15000),
                     [&] { return prometheus.Number("sum(openbao_kms:up)") == 3; }));
  const double from = Now();
  std::vector<Chart::Mark> marks;
  const auto mark = [&](const char* what) { marks.push_back({.at = Now() - from, .text = what}); };
  {
    const SmallLoad load(cluster.Sockets());
    std::this_thread::sleep_for(Milliseconds(5000));
    mark("the key is rotated");
    cluster.Rotate();
    std::this_thread::sleep_for(Milliseconds(5000));
    mark("OpenBao is stopped");
    e2e::SharedOpenBao().Stop();
    CHECK(Eventually(Milliseconds(15000), [&] {
      return prometheus.Number("min(openbao_kms_status_cache_age_seconds)") > 8;
    }));
    mark("and started");
    e2e::SharedOpenBao().Start();
    CHECK(Eventually(Milliseconds(15000), [&] {
      return prometheus.Number("max(openbao_kms_status_cache_age_seconds)") < 2;
    }));
    std::this_thread::sleep_for(Milliseconds(5000));
  }
  const double to = Now();

  CHECK(prometheus.RuleProblems() == std::vector<std::string>{});
  CHECK(prometheus.Number("sum(openbao_kms:up)") == 3);
  const auto answer = [&](const DashboardQuery& query, const std::string& expression) {
    const std::string filled = Filled(expression, kRateInterval);
    return query.kind == "timeseries" ? prometheus.AskRange(filled, from, to)
                                      : prometheus.Ask(filled);
  };
  const Dashboard dashboard = ReadDashboard();
  // Counted only where something is wrong that this run does not have.
  const std::set<std::string> kZero = {"limit {{method}}", "renewal {{status}}",
                                       "exceptions {{instance}} {{method}}"};
  for (const DashboardQuery& query : dashboard.queries) {
    CAPTURE(query.panel);
    CAPTURE(query.expression);
    CHECK(HasNumber(answer(query, query.expression)));
    CHECK(HasNumber(answer(query, WithoutZero(query.expression))) != kZero.contains(query.legend));
  }
  for (const std::string& expression : dashboard.annotations) {
    CAPTURE(expression);
    CHECK(HasNumber(prometheus.AskRange(Filled(expression, kRateInterval), from, to)));
  }
  for (const char* version : {"1", "2"}) {
    const std::string seen = "openbao_kms_key_version == " + std::string(version);
    CHECK(HasNumber(prometheus.AskRange(seen, from, to)));
  }
  if (const char* directory = std::getenv("BAOKMS_PICTURES")) {
    DrawPictures(directory, prometheus, nodes, from, to, marks);
  }
}

}  // namespace
}  // namespace baokms::monitoring
