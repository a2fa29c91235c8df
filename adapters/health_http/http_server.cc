#include "adapters/health_http/http_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "adapters/health_http/listen_socket.h"
#include "adapters/health_http/listener.h"
#include "adapters/posix/all_signals_blocked.h"
#include "adapters/posix/descriptor.h"

namespace baokms::adapters::health_http {

class HttpServer::State {
 public:
  ~State() {
    if (thread_.joinable()) {
      const std::uint64_t one = 1;
      while (::write(wake_.get(), &one, sizeof one) < 0) {
      }
      thread_.join();
    }
  }

  std::expected<void, ListenFailure> Start(std::vector<ListenerOptions> options) {
    const auto fail = [](ListenProblem problem, std::size_t at) {
      return std::unexpected(
          ListenFailure{.problem = problem, .listener = at, .advice = AdviceFor(problem)});
    };
    wake_ = posix::Descriptor(::eventfd(0, EFD_CLOEXEC));
    if (!wake_.valid()) return fail(ListenProblem::kFailed, 0);
    for (std::size_t at = 0; at < options.size(); ++at) {
      auto socket = OpenListenSocket(options[at].address);
      if (!socket) return fail(socket.error(), at);
      auto listener = Listener::Make(std::move(socket->descriptor), std::move(options[at]));
      if (listener == nullptr) return fail(ListenProblem::kFailed, at);
      listeners_.push_back(std::move(listener));
      ports_.push_back(socket->port);
    }
    const posix::AllSignalsBlocked blocked;
    thread_ = std::thread([this] { Serve(); });
    return {};
  }

  std::uint16_t port(std::size_t listener) const { return ports_.at(listener); }

 private:
  void Serve() {
    std::vector<pollfd> polled{{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
    for (const auto& listener : listeners_) {
      polled.push_back({.fd = listener->epoll_descriptor(), .events = POLLIN, .revents = 0});
    }
    while ((polled.front().revents & POLLIN) == 0) {
      for (const auto& listener : listeners_) listener->Run();
      int timeout = -1;
      for (const auto& listener : listeners_) {
        const int its = listener->TimeoutMilliseconds();
        if (its >= 0) timeout = timeout < 0 ? its : std::min(timeout, its);
      }
      ::poll(polled.data(), polled.size(), timeout);
    }
  }

  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::uint16_t> ports_;
  posix::Descriptor wake_;
  std::thread thread_;
};

std::expected<std::unique_ptr<HttpServer>, ListenFailure> HttpServer::Start(
    std::vector<ListenerOptions> listeners) {
  auto state = std::make_unique<State>();
  if (auto started = state->Start(std::move(listeners)); !started) {
    return std::unexpected(started.error());
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port(std::size_t listener) const { return state_->port(listener); }

}  // namespace baokms::adapters::health_http
