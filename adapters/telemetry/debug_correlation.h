// Debug correlation: for a bounded time, request lines carry what joins them with the logs of the
// API server and of OpenBao (observability.md, "Logs"). Ends by itself.
#pragma once

#include <string>
#include <string_view>

#include "adapters/telemetry/log_line.h"
#include "core/model/configuration.h"
#include "ports/clock.h"

namespace baokms::adapters::telemetry {

class DebugCorrelation {
 public:
  // The time runs from here; `clock` outlives this object.
  DebugCorrelation(const core::LoggingConfiguration& logging, const ports::Clock& clock);

  bool Active(core::LogLevel level) const;
  // Each adds its own field and the incident's two, in this order; an empty one is left out.
  void AddUid(LogLine& line, std::string_view uid) const;
  // OpenBao's text, so printed only when it is letters, digits and hyphens, at most 64.
  void AddRequestId(LogLine& line, std::string_view request_id) const;

 private:
  void AddIncident(LogLine& line) const;

  const ports::Clock& clock_;
  bool enabled_;
  bool log_request_ids_;
  std::string incident_;
  core::BootTime ends_;
  std::string ends_text_;
};

}  // namespace baokms::adapters::telemetry
