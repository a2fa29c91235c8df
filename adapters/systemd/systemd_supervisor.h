// The service manager that started us, over sd_notify (security-and-deployment.md, "Systemd").
#pragma once

#include <chrono>
#include <string_view>

namespace baokms::adapters::systemd {

// Without a NOTIFY_SOCKET every call does nothing. Any thread, never fails.
class SystemdSupervisor {
 public:
  void Ready();
  void Watchdog();
  void ExtendStart(std::chrono::microseconds more);
  void Stopping();
  // What `systemctl status` shows; one line, which any user of the machine can read.
  void Status(std::string_view line);
};

}  // namespace baokms::adapters::systemd
