// The line that the service manager shows of a running provider (`systemctl status`): what it waits
// for, that it serves, or why Status is unhealthy (security-and-deployment.md, "Systemd").
#pragma once

#include <functional>
#include <mutex>
#include <string>

namespace baokms::app {

// Any thread.
class StatusLine {
 public:
  // `show` gets each new line once; it must not block. A line holds fixed words and advice, never a
  // value of the configuration.
  explicit StatusLine(std::move_only_function<void(const std::string&)> show);

  // A probe has ended; `trouble` is advice on why Status is not healthy, empty when it is.
  void ProbeEnded(std::string trouble);
  // The start is over.
  void Serves();
  // The last line: nothing changes it any more.
  void Stops();

 private:
  enum class Phase { kWaiting, kServing, kStopping };

  void Enter(Phase phase);
  std::string Line() const;
  void ShowIfNew();

  std::mutex mutex_;
  std::move_only_function<void(const std::string&)> show_;
  Phase phase_ = Phase::kWaiting;
  std::string trouble_;
  std::string shown_;
};

}  // namespace baokms::app
