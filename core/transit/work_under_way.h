// The pending calls of one request, so that its caller can leave at any moment: on any thread,
// while completions begin the next call on another. Free of locks.
#pragma once

#include <atomic>
#include <memory>

#include "ports/completion.h"

namespace baokms::core {

class WorkUnderWay {
 public:
  WorkUnderWay() = default;
  ~WorkUnderWay();
  WorkUnderWay(const WorkUnderWay&) = delete;
  WorkUnderWay& operator=(const WorkUnderWay&) = delete;

  // Any thread; null is nothing. At once abandoned, if the caller has gone. Kept as long as this
  // lives, also when it has completed: a request begins a handful at most.
  void Add(std::unique_ptr<ports::PendingCall> call);
  // Any thread, any number of times: every call that was added, and that is added from now on.
  void Abandon();
  // True for good, once the caller has gone: begin nothing more.
  bool abandoned() const { return abandoned_.load(); }

 private:
  struct Begun {
    std::unique_ptr<ports::PendingCall> call;
    Begun* before;
  };

  std::atomic<bool> abandoned_{false};
  std::atomic<Begun*> last_{nullptr};
};

// What the caller gets: abandons `work`, and may outlive whatever that was.
std::unique_ptr<ports::PendingCall> HandleOf(std::shared_ptr<WorkUnderWay> work);

}  // namespace baokms::core
