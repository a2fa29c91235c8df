// Discovery of an unknown, well-formed key_id (registry-and-rotation.md, "Discovery on decrypt").
#pragma once

#include <memory>

#include "core/model/key_id.h"
#include "core/model/time.h"
#include "ports/completion.h"

namespace baokms::ports {

class KeyDiscovery {
 public:
  virtual ~KeyDiscovery() = default;
  // Completes with success when the view is worth another look (which may still not hold the id),
  // or with KeyDiscoveryFailed(), DeadlineExceeded() or ShuttingDown(). Any thread, never blocks.
  // What is returned may be null; abandoned, the wait ends at once, with Cancelled().
  virtual std::unique_ptr<PendingCall> Discover(const core::KeyId& key_id,
                                                core::MonotonicTime deadline,
                                                Completion<void> done) = 0;
};

}  // namespace baokms::ports
