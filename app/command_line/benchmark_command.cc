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
       .purpose = "Time encrypt and decrypt of Transit and of the running provider's socket",
       .examples = {{.command = "bao-kms-provider benchmark --config /etc/openbao-kms/config.yaml",
                     .what = "Five of each, one at a time"},
                    {.command = "bao-kms-provider benchmark --config /etc/openbao-kms/config.yaml "
                                "--iterations 1000 --concurrency 8",
                     .what = "Percentiles worth believing, under some load"}},
       .notes = "It encrypts random bytes, reads no object and changes nothing. Transit and the "
                "socket are timed for 60s each at most; Ctrl-C ends it with what it has. Without a "
                "healthy provider on server.socketPath that half is skipped and says so.",
       .exits = {{.code = ExitCode::kConfiguration,
                  .when = "The configuration cannot be loaded or is invalid."},
                 {.code = ExitCode::kCheckFailed,
                  .when = "A call failed, or it ended early; what was measured is printed."}}},
      [&tree, request] {
        request->format = tree.format();
        return Benchmark(tree.request(), *request);
      });
  AddCount(command, "--iterations", request->iterations, kMostIterations,
           "Encrypts, each with its decrypt");
  AddCount(command, "--concurrency", request->concurrency, kMostConcurrency,
           "Iterations at a time");
}

}  // namespace baokms::app
