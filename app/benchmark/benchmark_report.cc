#include "app/benchmark/benchmark_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace baokms::app {
namespace {

constexpr std::size_t kBins = 10;
constexpr std::size_t kWidest = 100;

double Milliseconds(core::Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

double ThreeDecimals(double value) { return std::round(value * 1000.0) / 1000.0; }

std::string WithThreeDecimals(double value) {
  char text[64];
  const int length = std::snprintf(text, sizeof text, "%.3f", value);
  return {text, static_cast<std::size_t>(length)};
}

void AddMilliseconds(Report& report, const std::string& name, core::Duration value) {
  report[name] = ThreeDecimals(Milliseconds(value));
}

// The ones that scripts have always known, in their order.
void AddBounds(Report& report, const std::string& call, const LatencySummary& summary) {
  AddMilliseconds(report, call + "_ms_min", summary.min);
  AddMilliseconds(report, call + "_ms_p50", summary.p50);
  AddMilliseconds(report, call + "_ms_max", summary.max);
}

void AddTail(Report& report, const std::string& call, const LatencySummary& summary) {
  AddMilliseconds(report, call + "_ms_p90", summary.p90);
  AddMilliseconds(report, call + "_ms_p95", summary.p95);
  AddMilliseconds(report, call + "_ms_p99", summary.p99);
  AddMilliseconds(report, call + "_ms_mean", summary.mean);
}

void AddRate(Report& report, const std::string& name, const Measured& measured) {
  const double calls = 2.0 * static_cast<double>(measured.iterations());
  const double seconds = std::chrono::duration<double>(measured.took).count();
  report[name] = ThreeDecimals(calls / std::max(seconds, 1e-9));
}

void AddSocket(Report& report, const SocketFacts& socket) {
  const Measured& measured = socket.measured;
  if (!socket.skipped.empty()) {
    report["socket_status"] = "skipped";
    report["socket_reason"] = socket.skipped;
    return;
  }
  report["socket_status"] = measured.problem.empty() ? "measured" : "failed";
  if (!measured.problem.empty()) report["socket_reason"] = measured.problem;
  if (!measured.stopped.empty()) report["socket_stopped"] = measured.stopped;
  report["socket_iterations"] = measured.iterations();
  report["socket_concurrency"] = socket.concurrency;
  if (measured.iterations() == 0) return;
  for (const auto& [call, durations] :
       {std::pair{"socket_encrypt", &measured.encrypts}, {"socket_decrypt", &measured.decrypts}}) {
    const LatencySummary summary = Summarise(*durations);
    AddBounds(report, call, summary);
    AddTail(report, call, summary);
  }
  AddRate(report, "socket_calls_per_second", measured);
}

std::string Repeated(std::string_view what, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += what;
  return text;
}

std::string PadLeft(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

}  // namespace

Report ReportBenchmark(const BenchmarkFacts& facts) {
  const LatencySummary encrypt = Summarise(facts.transit.encrypts);
  const LatencySummary decrypt = Summarise(facts.transit.decrypts);
  Report report = Report::object();
  report["iterations"] = facts.transit.iterations();
  AddBounds(report, "transit_encrypt", encrypt);
  AddBounds(report, "transit_decrypt", decrypt);
  if (!facts.transit.stopped.empty()) report["transit_stopped"] = facts.transit.stopped;
  report["concurrency"] = facts.concurrency;
  AddTail(report, "transit_encrypt", encrypt);
  AddTail(report, "transit_decrypt", decrypt);
  AddRate(report, "transit_calls_per_second", facts.transit);
  AddSocket(report, facts.socket);
  return report;
}

std::string RenderBenchmark(const Report& report) {
  std::string text;
  for (const auto& [name, value] : report.items()) {
    text.append(name).append(": ");
    if (value.is_string()) {
      text += value.get<std::string>();
    } else {
      text += value.is_number_float() ? WithThreeDecimals(value.get<double>()) : value.dump();
    }
    text += '\n';
  }
  return text;
}

std::string RenderHistogram(std::string_view title, const Durations& durations, std::size_t width,
                            Glyphs glyphs) {
  const std::vector<LatencyBin> bins = BinLatencies(durations, kBins);
  const std::size_t most = std::ranges::max(bins, {}, &LatencyBin::count).count;
  const std::string widest = WithThreeDecimals(Milliseconds(bins.back().to));
  const std::size_t count_width = std::to_string(most).size();
  // "  <= 12.345 ms " and the count stand beside the bar.
  const std::size_t beside = 5 + widest.size() + 4 + 1 + count_width;
  const std::size_t columns = std::min(width, kWidest);
  const std::size_t room = columns > beside ? columns - beside : 1;
  std::string text = std::string(title.substr(0, columns)) + '\n';
  for (const LatencyBin& bin : bins) {
    const std::size_t length = (bin.count * room + most - 1) / most;  // one at least for one call
    text += "  <= " + PadLeft(WithThreeDecimals(Milliseconds(bin.to)), widest.size()) + " ms " +
            Repeated(glyphs == Glyphs::kUtf8 ? "█" : "#", length) + ' ' +
            std::to_string(bin.count) + '\n';
  }
  return text;
}

}  // namespace baokms::app
