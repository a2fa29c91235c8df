#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/benchmark/benchmark.h"
#include "app/command_line/commands.h"
#include "app/command_line/whole_number.h"

namespace baokms::app {
namespace {

std::optional<std::size_t> ParseCount(const std::string& text, std::size_t most) {
  const auto number = ParseWholeNumber(text, 1, static_cast<std::int64_t>(most));
  return number ? std::optional(static_cast<std::size_t>(*number)) : std::nullopt;
}

void AddCount(CLI::App& command, const std::string& flag, std::size_t& count, std::size_t most,
              const std::string& what) {
  command
      .add_option_function<std::string>(
          flag, [&count, most](const std::string& text) { count = *ParseCount(text, most); },
          what + "; at most " + std::to_string(most))
      ->default_str(std::to_string(count))
      ->type_name("N")
      ->check([most](const std::string& text) {
        return ParseCount(text, most) ? std::string()
                                      : "must be a number from 1 to " + std::to_string(most);
      });
}

}  // namespace

void AddBenchmark(CommandTree& tree) {
  const auto request = std::make_shared<BenchmarkRequest>();
  CLI::App& command = tree.AddReport(
      {.name = "benchmark",
       .purpose = "Measure encrypt and decrypt in Transit and through the provider's socket",
       .examples = {{.command = "bao-kms-provider benchmark --config /etc/openbao-kms/config.yaml",
                     .what = "Five of each, one at a time"},
                    {.command = "bao-kms-provider benchmark --config /etc/openbao-kms/config.yaml "
                                "--iterations 1000 --concurrency 8",
                     .what = "Percentiles you can rely on, under some load"}},
       .notes = "It encrypts random bytes, reads no Kubernetes object and changes nothing. Transit "
                "and the socket are each measured for at most 60s; Ctrl-C ends the benchmark and "
                "prints what it has so far. Without a healthy provider on server.socketPath, the "
                "socket half is skipped and the output reports this.",
       .exits =
           {{.code = ExitCode::kConfiguration,
             .when = "The configuration cannot be loaded or is invalid."},
            {.code = ExitCode::kCheckFailed,
             .when =
                 "A call failed, or the benchmark ended early; what was measured is printed."}}},
      [&tree, request] {
        request->format = tree.format();
        return Benchmark(tree.request(), *request);
      });
  AddCount(command, "--iterations", request->iterations, kMostIterations,
           "Number of encrypts; each is followed by its decrypt");
  AddCount(command, "--concurrency", request->concurrency, kMostConcurrency,
           "Number of iterations at the same time");
}

}  // namespace baokms::app
