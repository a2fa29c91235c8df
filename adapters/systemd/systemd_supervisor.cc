#include "adapters/systemd/systemd_supervisor.h"

#include <systemd/sd-daemon.h>

#include <string>

namespace baokms::adapters::systemd {
namespace {

void Notify(const std::string& state) { sd_notify(/*unset_environment=*/0, state.c_str()); }

}  // namespace

void SystemdSupervisor::Ready() { Notify("READY=1"); }

void SystemdSupervisor::Watchdog() { Notify("WATCHDOG=1"); }

void SystemdSupervisor::ExtendStart(std::chrono::microseconds more) {
  Notify("EXTEND_TIMEOUT_USEC=" + std::to_string(more.count()));
}

void SystemdSupervisor::Stopping() { Notify("STOPPING=1"); }

void SystemdSupervisor::Status(std::string_view line) {
  // A second line would be another assignment.
  Notify("STATUS=" + std::string(line.substr(0, line.find('\n'))));
}

}  // namespace baokms::adapters::systemd
