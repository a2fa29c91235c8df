// Takes finished lines from any thread and writes each with one call, on a thread of its own
// (spdlog's asynchronous logger). Who logs never waits for who reads.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

namespace baokms::adapters::telemetry {

class LogWriter {
 public:
  // Lines that may wait for the reader; then the oldest are dropped. Room for each, 408 bytes, is
  // taken at the start, used or not.
  static constexpr std::size_t kMostLines = 512;

  // Lines go to `sink` when there is one, else to `descriptor`.
  LogWriter(int descriptor, std::function<void(std::string_view)> sink);
  // Waits at most 2 s for the reader; what is left then is dropped.
  ~LogWriter();

  // Copies the line; the newline is added. Any thread.
  void Write(std::string_view line);
  // True when every line given before the call has been written. Any thread.
  bool Flush(std::chrono::milliseconds most);

 private:
  class Lines;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace baokms::adapters::telemetry
