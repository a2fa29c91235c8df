#include "tests/support/harness/provider_process.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <thread>

#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

ProviderProcess::Listener heard_by = nullptr;

void Tell(std::string_view where, std::string_view text) {
  if (heard_by != nullptr) heard_by(where, text);
}

ChildProcess::Options CommandLine(const ProviderConfig& config, ProviderProcess::Options options) {
  ChildProcess::Options child;
  child.argv = {
      ProviderProgram(),        "serve", "--config", config.config_file(), "--allow-socket-parent",
      config.socket_directory()};
  for (std::string& argument : options.arguments) child.argv.push_back(std::move(argument));
  // Nothing of the person's own shell may change what a test sees.
  for (const char* name :
       {"CONFIG", "CONFIG_PATH", "LOG_LEVEL", "LOGGING_LEVEL", "SERVER_METRICS_ADDRESS",
        "SERVER_METRICSADDRESS", "SERVER_HEALTH_ADDRESS", "SERVER_HEALTHADDRESS"}) {
    child.environment[std::string("BAO_KMS_PROVIDER_") + name] = std::nullopt;
  }
  child.environment["NOTIFY_SOCKET"] = std::nullopt;
  child.environment["WATCHDOG_USEC"] = std::nullopt;
  for (auto& [name, value] : options.environment) child.environment[name] = std::move(value);
  child.stdout_file = config.directory().File("stdout");
  child.stderr_file = config.directory().File("stderr");
  child.working_directory = std::move(options.working_directory);
  return child;
}

template <typename Done>
bool Until(ChildProcess& child, ProviderProcess::Timeout timeout, Done done) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const bool running = child.Running();
    if (done()) return true;
    if (!running || std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

std::string ProviderProgram() {
  const char* named = std::getenv("BAOKMS_PROVIDER");
  if (named != nullptr && *named != '\0') return named;
  return BAOKMS_PROVIDER_PATH;
}

ProviderProcess::ProviderProcess(const ProviderConfig& config, Options options)
    : config_(config), child_(CommandLine(config, std::move(options))) {}

ProviderProcess::~ProviderProcess() {
  const bool ran = child_.Running();
  Kill();
  // As if it had ended by itself: what was killed leaves its socket, and `doctor` finds that.
  if (ran) unlink(config_.socket().c_str());
  Tell("standard error", Stderr());
}

void ProviderProcess::ListenToAll(Listener listener) { heard_by = listener; }

bool ProviderProcess::WaitServing(Timeout timeout) {
  if (config_.health_address().empty()) return WaitLog("serve.ready", 1, timeout);
  return Until(child_, timeout, [this] { return Health("/live").status == 200; });
}

bool ProviderProcess::WaitReady(Timeout timeout) {
  if (config_.health_address().empty()) return WaitLog("serve.ready", 1, timeout);
  return Until(child_, timeout, [this] { return Health("/ready").status == 200; });
}

bool ProviderProcess::WaitLog(std::string_view message, std::size_t count, Timeout timeout) {
  return Until(child_, timeout,
               [this, message, count] { return LogLines(message).size() >= count; });
}

std::optional<ExitStatus> ProviderProcess::Terminate(Timeout timeout) {
  child_.Signal(SIGTERM);
  return child_.Wait(timeout);
}

void ProviderProcess::Kill() {
  child_.Signal(SIGKILL);
  child_.Wait(Timeout(5000));
}

std::vector<Json> ProviderProcess::LogLines() const {
  std::vector<Json> lines;
  std::istringstream text(Stderr());
  for (std::string line; std::getline(text, line);) {
    Json parsed = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (parsed.is_object()) lines.push_back(std::move(parsed));
  }
  return lines;
}

std::vector<Json> ProviderProcess::LogLines(std::string_view message) const {
  std::vector<Json> lines = LogLines();
  std::erase_if(lines,
                [message](const Json& line) { return line.value("message", "") != message; });
  return lines;
}

HttpAnswer ProviderProcess::Health(const std::string& path) const {
  HttpAnswer answer =
      AskHttp({.url = "http://" + config_.health_address() + path, .timeout = Timeout(2000)});
  Tell("health", answer.body);
  return answer;
}

std::string ProviderProcess::Metrics() const {
  std::string text =
      AskHttp({.url = "http://" + config_.metrics_address() + "/metrics", .timeout = Timeout(2000)})
          .body;
  Tell("metrics", text);
  return text;
}

std::optional<double> ProviderProcess::Metric(std::string_view series) const {
  std::istringstream text(Metrics());
  for (std::string line; std::getline(text, line);) {
    const std::size_t space = line.rfind(' ');
    if (space != std::string::npos && std::string_view(line).substr(0, space) == series) {
      return std::strtod(line.c_str() + space + 1, nullptr);
    }
  }
  return std::nullopt;
}

}  // namespace baokms::testing
