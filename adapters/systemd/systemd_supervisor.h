// The service manager that started us, over the protocol of sd_notify(3)
// (security-and-deployment.md, "Systemd").
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace baokms::adapters::systemd {

// Without a NOTIFY_SOCKET every call does nothing. Any thread, never fails: a manager that is gone
// or does not read is no reason to stop serving. Waits for a second at most.
class SystemdSupervisor {
 public:
  void Ready();
  void Watchdog();
  void ExtendStart(std::chrono::microseconds more);
  void Stopping();
  // What `systemctl status` shows; one line, which any user of the machine can read.
  void Status(std::string_view line);

  // How often at least the manager wants to hear Watchdog() from this process; nullopt: it does
  // not. WATCHDOG_USEC and WATCHDOG_PID, as sd_watchdog_enabled(3) reads them.
  std::optional<std::chrono::microseconds> WatchdogPeriod() const;
};

}  // namespace baokms::adapters::systemd
