// One log line: fields in the order they are added, empty ones left out (observability.md, "Logs").
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/model/configuration.h"
#include "core/model/time.h"

namespace baokms::adapters::telemetry {

class LogLine {
 public:
  LogLine(core::LogFormat format, std::chrono::system_clock::time_point at, core::LogLevel level,
          std::string_view message);

  // Names are literals. Values longer than 256 bytes are cut; bytes that are no UTF-8 become
  // U+FFFD.
  LogLine& Text(std::string_view name, std::string_view value);  // not when empty
  LogLine& Sentence(std::string_view name, std::string_view value);  // the same, up to 2,048 bytes
  LogLine& Number(std::string_view name, std::int64_t value);    // not when 0
  LogLine& Milliseconds(std::string_view name, core::Duration value);
  LogLine& Flag(std::string_view name, bool value);  // only when true

  // Without a newline.
  std::string Finish() &&;

 private:
  void Name(std::string_view name);

  bool json_;
  std::string line_;
};

}  // namespace baokms::adapters::telemetry
