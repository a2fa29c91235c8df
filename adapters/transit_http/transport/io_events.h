// What the I/O loop waits for: curl's sockets, one point in time, and being woken.
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "adapters/posix/descriptor.h"
#include "core/model/time.h"

namespace baokms::adapters::transit_http {

// One thread at a time, but for Wait and Wake. What the others change, a Wait under way sees.
class IoEvents {
 public:
  IoEvents();
  // False: the system has no resources for it.
  bool valid() const { return epoll_.valid() && timer_.valid() && wake_.valid(); }

  // `what`: CURL_POLL_... . A socket that cannot be watched ends its transfer at the deadline.
  void Watch(curl_socket_t socket, int what);
  // Wait returns at `due`, or before.
  void WakeAt(core::MonotonicTime due, core::MonotonicTime now);

  struct Ready {
    curl_socket_t socket;
    int bits;  // CURL_CSELECT_...
  };
  class Happened {
   public:
    std::span<const Ready> sockets() const { return {sockets_.data(), count_}; }

   private:
    friend class IoEvents;
    std::array<Ready, 32> sockets_;
    std::size_t count_ = 0;
    bool timer_ = false;
  };
  // The loop's own thread: until something has happened, or only what has happened already.
  Happened Wait(bool blocks) const;
  // Before the next WakeAt.
  void Note(const Happened& happened);
  // Any thread.
  void Wake() const;

 private:
  const posix::Descriptor epoll_;
  const posix::Descriptor timer_;
  const posix::Descriptor wake_;
  std::optional<core::MonotonicTime> armed_;
};

}  // namespace baokms::adapters::transit_http
