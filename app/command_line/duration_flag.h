// A flag whose value is a duration.
#pragma once

#include <chrono>
#include <string>

#include "app/command_line/command_tree.h"

namespace baokms::app {

struct DurationRule {
  std::chrono::nanoseconds most = std::chrono::hours(24);
  std::string default_text{};   // for the help; empty: there is nothing to say
  std::string example = "10s";  // for who wrote none
};

// Go's form, above 0s; `duration` keeps what it is when the flag is not given.
void AddDuration(CLI::App& command, const std::string& flag, std::chrono::nanoseconds& duration,
                 const std::string& description, const DurationRule& rule = {});

}  // namespace baokms::app
