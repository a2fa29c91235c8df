// For starting a thread that takes no signals: it inherits the mask of the thread that starts it.
#pragma once

#include <signal.h>

namespace baokms::adapters::posix {

// Blocks every signal for the calling thread while it lives. Signals belong to the main thread, and
// SIGPIPE to nobody: a peer that goes early must not end the process.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace baokms::adapters::posix
