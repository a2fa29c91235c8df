#include "app/status/status_command.h"

#include <cstdio>
#include <string>
#include <thread>

#include "app/openbao/one_shot.h"
#include "app/process/interruption.h"
#include "app/process/progress_line.h"
#include "app/process/terminal.h"
#include "app/reports/wrapped_text.h"
#include "app/status/running_provider.h"
#include "app/status/status_text.h"
#include "core/text/rfc3339.h"

namespace baokms::app {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kName = "status";
constexpr std::string_view kClearScreen = "\033[H\033[2J";

ExitCode Judge(const Report& report) {
  const std::string problem = WhyNotReady(report);
  return problem.empty() ? ExitCode::kOk : FailCheck(kName, problem);
}

std::string ForTerminal(const std::string& text) {
  std::string wrapped;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    wrapped += WrapUnder(text.substr(at, end - at), 0, 2, TerminalWidth(stdout));
    at = end + 1;
  }
  return wrapped;
}

std::string Render(const Report& report, OutputFormat format, core::UnixSeconds now) {
  if (format == OutputFormat::kJson) return RenderJson(report);
  const std::string text = DescribeStatus(report, now);
  return IsTerminal(stdout) ? ForTerminal(text) : text;
}

// False: nobody reads it any more.
bool Print(const std::string& text) {
  return std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
}

Report AwaitReady(const OneShot& one_shot, std::chrono::nanoseconds most) {
  ProgressLine progress;
  const auto give_up = std::chrono::steady_clock::now() + most;
  while (true) {
    Report report = AskRunningProvider(one_shot.configuration.server, one_shot.clock.Now().wall);
    const auto left = give_up - std::chrono::steady_clock::now();
    if (report.at("ready").get<bool>() || left <= 0s) return report;
    progress.Show("waiting: " + StatusHeadline(report));
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, 500ms));
  }
}

// A person sees everything anew each second, a file a line for each change.
ExitCode Watch(const OneShot& one_shot) {
  const Interruption interruption;
  const bool screen = IsTerminal(stdout);
  std::string told;
  while (true) {
    const Report report =
        AskRunningProvider(one_shot.configuration.server, one_shot.clock.Now().wall);
    const core::UnixSeconds now = one_shot.clock.Now().wall;
    bool heard = true;
    if (screen) {
      heard = Print(std::string(kClearScreen) + Render(report, OutputFormat::kText, now));
    } else if (const std::string headline = StatusHeadline(report); headline != told) {
      told = headline;
      heard = Print(core::Rfc3339(now) + " " + headline + "\n");
    }
    if (!heard || interruption.Came(1s)) return Judge(report);
  }
}

}  // namespace

ExitCode Status(const ConfigurationRequest& configuration, const StatusRequest& request) {
  return RunOneShot(configuration, [&](const OneShot& one_shot) {
    if (request.watch) return Watch(one_shot);
    const Report report = AwaitReady(one_shot, request.wait);
    Print(Render(report, request.format, one_shot.clock.Now().wall));
    return Judge(report);
  });
}

}  // namespace baokms::app
