#include "app/serve/status_line.h"

#include <utility>

namespace baokms::app {

StatusLine::StatusLine(std::move_only_function<void(const std::string&)> show)
    : show_(std::move(show)) {
  const std::lock_guard lock(mutex_);
  ShowIfNew();
}

void StatusLine::ProbeEnded(std::string trouble) {
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(trouble);
  ShowIfNew();
}

void StatusLine::Serves() { Enter(Phase::kServing); }

void StatusLine::Stops() { Enter(Phase::kStopping); }

void StatusLine::Enter(Phase phase) {
  const std::lock_guard lock(mutex_);
  phase_ = phase;
  ShowIfNew();
}

std::string StatusLine::Line() const {
  switch (phase_) {
    case Phase::kWaiting:
      return trouble_.empty() ? "starting: login and first probes"
                              : "waiting until Status is healthy: " + trouble_;
    case Phase::kServing:
      return trouble_.empty() ? "serving" : "serving, but Status is unhealthy: " + trouble_;
    case Phase::kStopping:
      break;
  }
  return "stopping";
}

void StatusLine::ShowIfNew() {
  std::string line = Line();
  if (line == shown_) return;
  shown_ = std::move(line);
  show_(shown_);
}

}  // namespace baokms::app
