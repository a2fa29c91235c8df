// How the last probes ended, for /status: written by the control loop, read by everyone.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/published.h"
#include "app/serve/key_driver.h"

namespace baokms::app {

struct FailedProbe {
  ProbeReport report;
  std::string advice;  // what a person does
};

struct LastProbes {
  std::optional<ProbeReport> metadata;
  std::optional<ProbeReport> deep;
  std::optional<FailedProbe> failure;  // the last one of either kind, also after later good ones
};

class ProbeHistory {
 public:
  // The control loop. `advice`: of a report with a reason.
  void Add(const ProbeReport& report, const std::string& advice);
  // Any thread; never null.
  std::shared_ptr<const LastProbes> Load() const { return last_.Load(); }

 private:
  Published<LastProbes> last_{std::make_shared<const LastProbes>()};
};

}  // namespace baokms::app
