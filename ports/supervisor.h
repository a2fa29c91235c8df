// The service manager that started us (security-and-deployment.md, "Systemd").
#pragma once

#include <chrono>
#include <string_view>

namespace baokms::ports {

class Supervisor {
 public:
  virtual ~Supervisor() = default;
  virtual void Ready() = 0;
  virtual void Status(std::string_view text) = 0;
  virtual void Watchdog() = 0;
  virtual void ExtendStart(std::chrono::microseconds more) = 0;
  virtual void Stopping() = 0;
};

}  // namespace baokms::ports
