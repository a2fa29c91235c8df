// What `benchmark` prints (reports-and-labels.md, "Plain outputs"). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "app/benchmark/benchmark_tally.h"
#include "app/reports/report.h"

namespace baokms::app {

struct SocketFacts {
  Measured measured{};
  std::size_t concurrency = 0;
  std::string skipped{};  // why nothing was measured, and what to do; empty: it was
};

struct BenchmarkFacts {
  Measured transit;  // of one iteration at least
  std::size_t concurrency = 1;
  SocketFacts socket{};
};

Report ReportBenchmark(const BenchmarkFacts& facts);

// `name: value` lines; milliseconds and rates with three decimals.
std::string RenderBenchmark(const Report& report);

// What bars are made of.
enum class Glyphs : std::uint8_t { kAscii, kUtf8 };

// A title, and a line a bin: how long, a bar and how many. No line is wider than `width` (at least
// 20) columns, and none wider than 100.
std::string RenderHistogram(std::string_view title, const Durations& durations, std::size_t width,
                            Glyphs glyphs);

}  // namespace baokms::app
