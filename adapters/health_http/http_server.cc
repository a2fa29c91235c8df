#include "adapters/health_http/http_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "adapters/health_http/listen_address.h"
#include "adapters/health_http/listener.h"
#include "adapters/health_http/listening_sockets.h"
#include "adapters/posix/all_signals_blocked.h"
#include "adapters/posix/descriptor.h"

namespace baokms::adapters::health_http {
namespace {

using Clock = std::chrono::steady_clock;

int MillisecondsUntil(Clock::time_point time) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - Clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

// Negative is never.
int Sooner(int a, int b) {
  if (a < 0 || b < 0) return std::max(a, b);
  return std::min(a, b);
}

}  // namespace

class HttpServer::State : public std::enable_shared_from_this<HttpServer::State> {
 public:
  State(ListenerOptions options, ListenEvents events)
      : address_(options.address),
        resolve_(options.resolve ? std::move(options.resolve) : ResolveListenAddress),
        limits_(options.limits),
        events_(std::move(events)),
        listener_(Listener::Make(std::move(options))),
        wake_(::eventfd(0, EFD_CLOEXEC)) {}

  std::expected<void, ListenProblem> Start() {
    if (!wake_.valid() || !listener_) return std::unexpected(ListenProblem::kFailed);
    Bind();
    const posix::AllSignalsBlocked blocked;
    try {
      thread_ = std::thread([self = shared_from_this()] { self->Serve(); });
    } catch (const std::system_error&) {
      return std::unexpected(ListenProblem::kFailed);
    }
    return {};
  }

  void Stop() {
    std::unique_lock lock(mutex_);
    stopped_ = true;
    const bool resolving = resolving_;
    lock.unlock();
    if (!thread_.joinable()) return;
    // A resolver may take minutes; its thread ends when it comes back and touches nobody else's.
    if (resolving) return thread_.detach();
    const std::uint64_t one = 1;
    while (::write(wake_.get(), &one, sizeof one) < 0) {
    }
    thread_.join();
  }

  std::uint16_t port() const { return port_; }

 private:
  void Serve() {
    while (!Stopped()) {
      Accept();
      listener_->Run();
      Await();
      if (bind_at_ && Clock::now() >= *bind_at_) Bind();
    }
  }

  bool Stopped() {
    const std::scoped_lock lock(mutex_);
    return stopped_;
  }

  void Await() {
    std::vector<pollfd> polled{
        {.fd = wake_.get(), .events = POLLIN, .revents = 0},
        {.fd = listener_->epoll_descriptor(), .events = POLLIN, .revents = 0}};
    int timeout = listener_->TimeoutMilliseconds();
    if (bind_at_) timeout = Sooner(timeout, MillisecondsUntil(*bind_at_));
    if (accept_at_) {
      timeout = Sooner(timeout, MillisecondsUntil(*accept_at_));
    } else if (!listener_->Full()) {
      for (const posix::Descriptor& socket : sockets_.sockets()) {
        polled.push_back({.fd = socket.get(), .events = POLLIN, .revents = 0});
      }
    }
    ::poll(polled.data(), polled.size(), timeout);
  }

  // A connection that stays in the kernel's queue makes its socket readable at every look: while
  // there is nothing to accept it with, the sockets are not looked at.
  void Accept() {
    if (accept_at_ && Clock::now() < *accept_at_) return;
    accept_at_.reset();
    for (const posix::Descriptor& socket : sockets_.sockets()) {
      while (!listener_->Full()) {
        const Listener::Accepted accepted = listener_->AcceptFrom(socket.get());
        if (accepted == Listener::Accepted::kNothing) break;
        if (accepted == Listener::Accepted::kFailed) {
          accept_at_ = Clock::now() + limits_.accept_again;
          return;
        }
      }
    }
  }

  void Bind() {
    bind_at_.reset();
    std::optional<ListenProblem> problem;
    // Until one of its addresses is bound, a name may still get others.
    if (sockets_.empty()) problem = Aim();
    if (Stopped()) return;
    if (!problem) problem = sockets_.Bind();
    port_ = sockets_.port();
    if (problem) bind_at_ = Clock::now() + limits_.bind_again;
    if (problem.has_value() == told_not_bound_) return;
    told_not_bound_ = problem.has_value();
    if (problem && events_.not_bound) events_.not_bound(*problem);
    if (!problem && events_.bound) events_.bound();
  }

  std::optional<ListenProblem> Aim() {
    SetResolving(true);
    auto targets = resolve_(address_);
    SetResolving(false);
    if (!targets) return targets.error();
    sockets_.Aim(*std::move(targets));
    return std::nullopt;
  }

  void SetResolving(bool resolving) {
    const std::scoped_lock lock(mutex_);
    resolving_ = resolving;
  }

  const std::string address_;
  const std::function<std::expected<ListenTargets, ListenProblem>(std::string_view)> resolve_;
  const Limits limits_;
  const ListenEvents events_;
  const std::unique_ptr<Listener> listener_;
  const posix::Descriptor wake_;
  std::thread thread_;

  std::mutex mutex_;  // these two
  bool stopped_ = false;
  bool resolving_ = false;

  std::atomic<std::uint16_t> port_ = 0;
  // Start's thread, then the server's.
  ListeningSockets sockets_;
  std::optional<Clock::time_point> bind_at_;
  std::optional<Clock::time_point> accept_at_;
  bool told_not_bound_ = false;
};

std::expected<std::unique_ptr<HttpServer>, ListenProblem> HttpServer::Start(ListenerOptions options,
                                                                            ListenEvents events) {
  auto state = std::make_shared<State>(std::move(options), std::move(events));
  if (auto started = state->Start(); !started) return std::unexpected(started.error());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() { state_->Stop(); }

std::uint16_t HttpServer::port() const { return state_->port(); }

std::string_view Name(ListenProblem problem) {
  switch (problem) {
    case ListenProblem::kMalformedAddress:
      return "malformed_address";
    case ListenProblem::kUnknownHost:
      return "unknown_host";
    case ListenProblem::kAddressInUse:
      return "address_in_use";
    case ListenProblem::kAddressNotAvailable:
      return "address_not_available";
    case ListenProblem::kNotPermitted:
      return "not_permitted";
    case ListenProblem::kFailed:
      break;
  }
  return "system_error";
}

}  // namespace baokms::adapters::health_http
