#include "tests/support/emulator/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace baokms::emulator {
namespace {

std::unexpected<std::string> SystemError(const char* call) {
  return std::unexpected(std::string(call) + ": " + std::strerror(errno));
}

}  // namespace

HttpServer::~HttpServer() { Stop(); }

std::expected<std::uint16_t, std::string> HttpServer::Start() {
  if (const auto listening = Listen(); !listening) return std::unexpected(listening.error());
  return options_.port;
}

std::expected<void, std::string> HttpServer::Listen() {
  const std::lock_guard lock(listen_mutex_);
  if (listening_) return {};
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return SystemError("socket");
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options_.port);
  inet_pton(AF_INET, options_.address.c_str(), &address.sin_addr);
  socklen_t length = sizeof(address);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(fd, 512) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    close(fd);
    return SystemError("bind");
  }
  options_.port = ntohs(address.sin_port);  // a later Listen takes the same one
  listen_fd_ = fd;
  wake_fd_ = eventfd(0, EFD_CLOEXEC);
  listening_ = true;
  accept_thread_ = std::thread([this] { Accept(); });
  return {};
}

void HttpServer::StopListening() {
  const std::lock_guard lock(listen_mutex_);
  if (!listening_.exchange(false)) return;
  eventfd_write(wake_fd_, 1);
  accept_thread_.join();
  close(listen_fd_);
  close(wake_fd_);
}

void HttpServer::Stop() {
  StopListening();
  stop_.Stop();
  CloseConnections(Connection::Ending::kFin);
  std::list<Worker> workers;
  {
    const std::lock_guard lock(mutex_);
    workers.swap(workers_);
  }
  for (Worker& worker : workers) worker.thread.join();
}

void HttpServer::Accept() {
  while (listening_) {
    std::array<pollfd, 2> wanted = {{{listen_fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}}};
    if (poll(wanted.data(), wanted.size(), -1) < 0) continue;
    if (!listening_) return;
    const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) Admit(fd);
  }
}

void HttpServer::Admit(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (options_.on_accept) options_.on_accept();
  Reap();
  const SharedSslCtx context = options_.tls ? options_.tls() : nullptr;
  const std::lock_guard lock(mutex_);
  if (workers_.size() >= options_.max_connections) {
    close(fd);
    return;
  }
  Worker& worker = workers_.emplace_back();
  worker.connection = std::make_shared<Connection>(fd, context.get(), next_id_++, stop_);
  worker.thread = std::thread([this, &worker] { Serve(worker); });
}

void HttpServer::Serve(Worker& worker) {
  Connection& connection = *worker.connection;
  const bool ready = connection.Handshake();
  if (options_.on_handshake) options_.on_handshake(connection.peer(), ready);
  while (ready && !connection.ended()) {
    const auto request = connection.ReadRequest();
    if (!request || !options_.handle(*request, connection)) break;
    if (request->Header("connection") == "close") break;
  }
  connection.End(ready ? Connection::Ending::kCloseNotify : Connection::Ending::kFin);
  worker.done = true;
}

void HttpServer::Reap() {
  const std::lock_guard lock(mutex_);
  for (auto worker = workers_.begin(); worker != workers_.end();) {
    if (!worker->done) {
      ++worker;
      continue;
    }
    worker->thread.join();
    worker = workers_.erase(worker);
  }
}

void HttpServer::CloseConnections(Connection::Ending ending) {
  const std::lock_guard lock(mutex_);
  for (Worker& worker : workers_) worker.connection->Abort(ending);
}

std::size_t HttpServer::open_connections() {
  Reap();
  const std::lock_guard lock(mutex_);
  return workers_.size();
}

}  // namespace baokms::emulator
