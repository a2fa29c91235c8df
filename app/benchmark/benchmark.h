// `benchmark` (reports-and-labels.md, "Plain outputs"): how long Transit and the provider's socket
// take to encrypt and decrypt what a data key's seed is as long as.
#pragma once

#include <chrono>
#include <cstddef>

#include "app/configuration/configuration_source.h"
#include "app/exit_code.h"
#include "app/reports/report.h"

namespace baokms::app {

// So that nobody keeps a production OpenBao busy by a slip of the finger.
inline constexpr std::size_t kMostIterations = 10000;
inline constexpr std::size_t kMostConcurrency = 64;
inline constexpr std::chrono::seconds kLongestMeasurement{
    60};  // of Transit; the socket has as long

struct BenchmarkRequest {
  std::size_t iterations = 5;   // from 1 to kMostIterations: an encrypt and a decrypt each
  std::size_t concurrency = 1;  // from 1 to kMostConcurrency: iterations at a time
  OutputFormat format = OutputFormat::kText;
};

// Exit 3 for a configuration that is refused; 4 when a call failed or it ended early. Without a
// provider on the socket that half is skipped and says so. SIGINT ends it with what it has.
ExitCode Benchmark(const ConfigurationRequest& configuration, const BenchmarkRequest& request);

}  // namespace baokms::app
