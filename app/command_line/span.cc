#include "app/command_line/span.h"

#include "adapters/config_yaml/go_duration.h"

namespace baokms::app {

std::optional<std::chrono::nanoseconds> ParseSpan(const std::string& text,
                                                  std::chrono::nanoseconds most) {
  const auto duration = adapters::config_yaml::ParseGoDuration(text);
  const bool usable = duration && *duration > std::chrono::nanoseconds(0) && *duration <= most;
  return usable ? duration : std::nullopt;
}

}  // namespace baokms::app
