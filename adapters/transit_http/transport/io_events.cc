#include "adapters/transit_http/transport/io_events.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace baokms::adapters::transit_http {
namespace {

int BitsOf(std::uint32_t events) {
  int bits = 0;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) bits |= CURL_CSELECT_IN;
  if ((events & EPOLLOUT) != 0) bits |= CURL_CSELECT_OUT;
  if ((events & EPOLLERR) != 0) bits |= CURL_CSELECT_ERR;
  return bits;
}

// Both counters are reset by being read, and nobody wants the number.
void Clear(int fd) {
  std::uint64_t count = 0;
  (void)!::read(fd, &count, sizeof count);
}

void Add(int epoll, int fd) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

IoEvents::IoEvents()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!valid()) return;
  Add(epoll_.get(), timer_.get());
  Add(epoll_.get(), wake_.get());
}

void IoEvents::Watch(curl_socket_t socket, int what) {
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
    return;
  }
  epoll_event event{.events = 0, .data = {.fd = socket}};
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) event.events |= EPOLLIN;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) event.events |= EPOLLOUT;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event) == 0) return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, socket, &event);
}

void IoEvents::WakeAt(core::MonotonicTime due, core::MonotonicTime now) {
  if (armed_ && *armed_ <= due) return;
  armed_ = due;
  // Zero would disarm it.
  const core::Duration left = std::max(core::Duration(1), due - now);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  const itimerspec when{
      .it_interval = {},
      .it_value = {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()}};
  ::timerfd_settime(timer_.get(), 0, &when, nullptr);
}

IoEvents::Happened IoEvents::Wait(bool blocks) const {
  Happened happened;
  std::array<epoll_event, std::tuple_size_v<decltype(happened.sockets_)>> events;
  const int count =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), blocks ? -1 : 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == timer_.get() || event.data.fd == wake_.get()) {
      Clear(event.data.fd);
      happened.timer_ = happened.timer_ || event.data.fd == timer_.get();
    } else {
      happened.sockets_[happened.count_++] = {event.data.fd, BitsOf(event.events)};
    }
  }
  return happened;
}

void IoEvents::Note(const Happened& happened) {
  if (happened.timer_) armed_.reset();
}

void IoEvents::Wake() const { ::eventfd_write(wake_.get(), 1); }

}  // namespace baokms::adapters::transit_http
