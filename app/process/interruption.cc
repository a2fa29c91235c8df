#include "app/process/interruption.h"

namespace baokms::app {

Interruption::Interruption() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGINT);
  sigaddset(&set_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

Interruption::~Interruption() { pthread_sigmask(SIG_UNBLOCK, &set_, nullptr); }

bool Interruption::Came(core::Duration most) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(most);
  const timespec time{.tv_sec = seconds.count(), .tv_nsec = (most - seconds).count()};
  return sigtimedwait(&set_, nullptr, &time) > 0;
}

}  // namespace baokms::app
