#include "tests/bench/report.h"

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

namespace baokms::testing {
namespace {

using nlohmann::json;

struct Column {
  const char* title;
  const char* field;  // in the JSON
  double Figures::* figure;
};

const std::vector<Column> kColumns = {
    {"p50 us", "p50_us", &Figures::p50_us},
    {"p90 us", "p90_us", &Figures::p90_us},
    {"p99 us", "p99_us", &Figures::p99_us},
    {"calls/s", "calls_per_second", &Figures::calls_per_second},
    {"CPU server", "server_cpu_us", &Figures::server_cpu_us},
    {"CPU OpenBao", "openbao_cpu_us", &Figures::openbao_cpu_us},
    {"CPU client", "client_cpu_us", &Figures::client_cpu_us},
};

void PrintCells(const Rounds& rounds) {
  std::printf("\n%-9s %-8s %-5s %-8s", "in flight", "call", "bytes", "side");
  for (const Column& column : kColumns) std::printf(" %22s", column.title);
  std::printf("\n");
  for (const auto& [cell, figures] : rounds) {
    std::printf("%-9d %-8s %-5d %-8s", cell.in_flight, cell.operation.c_str(), cell.plaintext_bytes,
                Name(cell.side).c_str());
    for (const Column& column : kColumns) {
      const Spread spread = SpreadOf(figures, column.figure);
      const int digits = spread.median < 100 ? 1 : 0;
      char text[64];
      std::snprintf(text, sizeof text, "%.*f (%.*f..%.*f)", digits, spread.median, digits,
                    spread.min, digits, spread.max);
      std::printf(" %22s", spread.max == 0 ? "-" : text);
    }
    std::printf("\n");
  }
}

void PrintMemory(const Report& report) {
  std::printf("\n%-9s %-8s %12s\n", "in flight", "side", "resident MiB");
  for (const auto& [in_flight, sides] : report.resident_kib) {
    for (const auto& [side, kib] : sides) {
      std::printf("%-9d %-8s %12.1f\n", in_flight, Name(side).c_str(),
                  static_cast<double>(kib) / 1024);
    }
  }
}

void PrintSystemCalls(const Report& report) {
  if (!report.no_system_calls.empty()) {
    std::printf("\nsystem calls: not counted, %s\n", report.no_system_calls.c_str());
    return;
  }
  std::printf("\nsystem calls of the provider for one call, over %d calls one after the other\n",
              report.system_call_calls);
  for (const auto& [operation, counts] : report.system_calls) {
    const auto a_call = [&](std::int64_t count) {
      return static_cast<double>(count) / report.system_call_calls;
    };
    std::printf("  %-8s %6.1f:", operation.c_str(), a_call(Total(counts)));
    std::vector<std::pair<std::int64_t, std::string>> most;
    for (const auto& [name, count] : counts) most.emplace_back(count, name);
    std::ranges::sort(most, std::greater());
    for (const auto& [count, name] : most) {
      if (a_call(count) >= 0.05) std::printf(" %s %.1f", name.c_str(), a_call(count));
    }
    std::printf("\n");
  }
}

json ToJson(const Spread& spread) {
  return {{"median", spread.median}, {"min", spread.min}, {"max", spread.max}};
}

}  // namespace

void PrintTable(const Report& report) {
  std::printf("server: %s %s; %u processors; %d rounds of %d ms; median (min..max)\n",
              report.server.c_str(), report.version.c_str(), report.processors, report.round_count,
              report.cell_ms);
  PrintCells(report.rounds);
  std::printf("\n%-9s %-8s %-5s %-44s %8s\n", "in flight", "call", "bytes", "ratio", "");
  for (const Ratio& ratio : RatiosOf(report.rounds)) {
    std::printf("%-9d %-8s %-5d %-44s %8.2f (%.2f..%.2f)\n", ratio.in_flight,
                ratio.operation.c_str(), ratio.plaintext_bytes, ratio.name.c_str(),
                ratio.value.median, ratio.value.min, ratio.value.max);
  }
  PrintMemory(report);
  std::printf("\nthe provider\n");
  if (report.key_versions > 1) {
    std::printf("  %d key versions: state file of %.0f KiB, %.1f ms of processor time a probe\n",
                report.key_versions, static_cast<double>(report.state_file_bytes) / 1024,
                report.probe_cpu_us / 1000);
  }
  std::printf("  from exec to serving: %.0f ms at the first start, then %.0f (%.0f..%.0f) ms\n",
              report.first_start_ms, report.restart_ms.median, report.restart_ms.min,
              report.restart_ms.max);
  const auto mib = [](std::int64_t kib) { return static_cast<double>(kib) / 1024; };
  std::printf(
      "  memory: %.1f MiB resident, %.1f anonymous when ready; %.1f and %.1f after the "
      "rounds; %d threads\n",
      mib(report.idle_resident_kib), mib(report.idle_anonymous_kib),
      mib(report.loaded_resident_kib), mib(report.loaded_anonymous_kib),
      static_cast<int>(report.threads));
  std::printf("  context switches a minute when idle: %.0f\n",
              report.idle_context_switches_per_minute);
  PrintSystemCalls(report);
}

void PrintBriefTable(const Report& report) {
  std::printf("%-9s %-8s %-5s %-8s %9s %9s %9s %11s %12s %13s\n", "in flight", "call", "bytes",
              "side", "calls/s", "p50 us", "p99 us", "CPU server", "CPU OpenBao", "resident MiB");
  for (const auto& [cell, figures] : report.rounds) {
    const auto of = [&](double Figures::* figure) { return SpreadOf(figures, figure).median; };
    const auto level = report.resident_kib.find(cell.in_flight);
    const bool watched = level != report.resident_kib.end() && level->second.contains(cell.side);
    std::printf("%-9d %-8s %-5d %-8s %9.0f %9.0f %9.0f %11.1f %12.1f %13.1f\n", cell.in_flight,
                cell.operation.c_str(), cell.plaintext_bytes, Name(cell.side).c_str(),
                of(&Figures::calls_per_second), of(&Figures::p50_us), of(&Figures::p99_us),
                of(&Figures::server_cpu_us), of(&Figures::openbao_cpu_us),
                watched ? static_cast<double>(level->second.at(cell.side)) / 1024 : 0);
  }
  if (report.restart_ms.max == 0) return;  // no start was asked for
  const auto mib = [](std::int64_t kib) { return static_cast<double>(kib) / 1024; };
  std::printf(
      "%d key versions: from exec to serving %.0f (%.0f..%.0f) ms, processor time until then %.0f "
      "(%.0f..%.0f) ms, %.1f MiB resident when ready, %.1f after the rounds, state file of %.1f "
      "KiB, processor time: %.2f ms a probe, %.0f ms to take the versions over\n",
      report.key_versions, report.restart_ms.median, report.restart_ms.min, report.restart_ms.max,
      report.restart_cpu_ms.median, report.restart_cpu_ms.min, report.restart_cpu_ms.max,
      mib(report.idle_resident_kib), mib(report.loaded_resident_kib),
      static_cast<double>(report.state_file_bytes) / 1024, report.probe_cpu_us / 1000,
      report.takeover_cpu_ms);
}

json ToJson(const Report& report) {
  json cells = json::array();
  for (const auto& [cell, figures] : report.rounds) {
    json entry = {{"in_flight", cell.in_flight},
                  {"operation", cell.operation},
                  {"plaintext_bytes", cell.plaintext_bytes},
                  {"side", Name(cell.side)}};
    for (const Column& column : kColumns) {
      entry[column.field] = ToJson(SpreadOf(figures, column.figure));
    }
    cells.push_back(std::move(entry));
  }
  json ratios = json::array();
  for (const Ratio& ratio : RatiosOf(report.rounds)) {
    json entry = ToJson(ratio.value);
    entry["in_flight"] = ratio.in_flight;
    entry["operation"] = ratio.operation;
    entry["plaintext_bytes"] = ratio.plaintext_bytes;
    entry["ratio"] = ratio.name;
    ratios.push_back(std::move(entry));
  }
  json resident = json::array();
  for (const auto& [in_flight, sides] : report.resident_kib) {
    for (const auto& [side, kib] : sides) {
      resident.push_back({{"in_flight", in_flight}, {"side", Name(side)}, {"kib", kib}});
    }
  }
  return {{"server", report.server},
          {"server_version", report.version},
          {"processors", report.processors},
          {"rounds", report.round_count},
          {"cell_ms", report.cell_ms},
          {"cells", std::move(cells)},
          {"ratios", std::move(ratios)},
          {"resident", std::move(resident)},
          {"key_versions", report.key_versions},
          {"state_file_bytes", report.state_file_bytes},
          {"takeover_cpu_ms", report.takeover_cpu_ms},
          {"probe_cpu_us", report.probe_cpu_us},
          {"first_start_ms", report.first_start_ms},
          {"restart_ms", ToJson(report.restart_ms)},
          {"restart_cpu_ms", ToJson(report.restart_cpu_ms)},
          {"idle_resident_kib", report.idle_resident_kib},
          {"idle_anonymous_kib", report.idle_anonymous_kib},
          {"loaded_resident_kib", report.loaded_resident_kib},
          {"loaded_anonymous_kib", report.loaded_anonymous_kib},
          {"threads", report.threads},
          {"idle_context_switches_per_minute", report.idle_context_switches_per_minute},
          {"system_call_calls", report.system_call_calls},
          {"system_calls", report.system_calls},
          {"no_system_calls", report.no_system_calls}};
}

}  // namespace baokms::testing
