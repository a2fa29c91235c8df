// The real program: `bao-kms-provider serve` as a child, and what it shows of itself.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/harness/child_process.h"
#include "tests/support/harness/http_client.h"
#include "tests/support/harness/provider_config.h"

namespace baokms::testing {

// BAOKMS_PROVIDER, else the program of this build. A test that uses it makes its target depend on
// bao-kms-provider.
std::string ProviderProgram();

class ProviderProcess {
 public:
  struct Options {
    std::vector<std::string> arguments =
        {};  // behind `serve --config ... --allow-socket-parent ...`
    std::map<std::string, std::optional<std::string>> environment = {};
    std::string working_directory = {};
  };

  // Started. `config` outlives it and is not changed meanwhile where it names addresses.
  explicit ProviderProcess(const ProviderConfig& config) : ProviderProcess(config, Options{}) {}
  ProviderProcess(const ProviderConfig& config, Options options);
  ~ProviderProcess();
  ProviderProcess(const ProviderProcess&) = delete;
  ProviderProcess& operator=(const ProviderProcess&) = delete;

  // Hears what every provider of this process shows: health and metrics when they are asked for,
  // standard error when the provider goes. Before the first one.
  using Listener = void (*)(std::string_view where, std::string_view text);
  static void ListenToAll(Listener listener);

  using Timeout = std::chrono::milliseconds;
  // /live answers 200, which is when the socket serves, also while Status is unhealthy (or, with
  // health off, the log says serve.ready); false when it ended or `timeout` is over.
  bool WaitServing(Timeout timeout = Timeout(15000));
  // /ready answers 200: healthy, fresh, an active key.
  bool WaitReady(Timeout timeout = Timeout(15000));
  // A log line with this message, counted from the start of the log.
  bool WaitLog(std::string_view message, std::size_t count = 1, Timeout timeout = Timeout(15000));

  // SIGTERM; none: still running after `timeout`.
  std::optional<ExitStatus> Terminate(Timeout timeout = Timeout(20000));
  void Kill();
  ChildProcess& child() { return child_; }

  // Standard error: every line, and those that are JSON objects, parsed.
  std::string Stderr() const { return child_.Stderr(); }
  std::vector<Json> LogLines() const;
  std::vector<Json> LogLines(std::string_view message) const;

  // "/live" or "/ready".
  HttpAnswer Health(const std::string& path) const;
  std::string Metrics() const;
  // One series as it is printed, labels included; none when it is not there.
  std::optional<double> Metric(std::string_view series) const;

 private:
  const ProviderConfig& config_;
  ChildProcess child_;
};

}  // namespace baokms::testing
