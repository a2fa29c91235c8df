// Supervisor over sd_notify; without a NOTIFY_SOCKET every call does nothing.
#pragma once

#include "ports/supervisor.h"

namespace baokms::adapters::systemd {

class SystemdSupervisor final : public ports::Supervisor {
 public:
  void Ready() override;
  void Status(std::string_view text) override;
  void Watchdog() override;
  void ExtendStart(std::chrono::microseconds more) override;
  void Stopping() override;
};

}  // namespace baokms::adapters::systemd
