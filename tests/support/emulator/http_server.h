// Listens on a loopback port; a bounded number of connections, one thread each, HTTP/1.1 with
// keep-alive. TLS when the context source gives one.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tests/support/emulator/connection.h"
#include "tests/support/emulator/http_message.h"

namespace baokms::emulator {

using SharedSslCtx = std::shared_ptr<SSL_CTX>;

class HttpServer {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one
    std::size_t max_connections = 512;
    std::function<SharedSslCtx()> tls;  // null function: plain HTTP
    // Writes the reply itself; false ends the connection.
    std::function<bool(const HttpRequest&, Connection&)> handle;
    std::function<void()> on_accept;
    std::function<void(const Peer&, bool handshake_done)> on_handshake;
  };

  explicit HttpServer(Options options) : options_(std::move(options)) {}
  ~HttpServer();

  // The error is a text that says which call failed.
  std::expected<std::uint16_t, std::string> Start();
  void Stop();

  // While not listening, connecting is refused; open connections live on.
  void StopListening();
  std::expected<void, std::string> Listen();

  void CloseConnections(Connection::Ending ending);
  std::size_t open_connections();

 private:
  struct Worker {
    std::shared_ptr<Connection> connection;
    std::thread thread;
    std::atomic<bool> done = false;
  };

  void Accept();
  void Admit(int fd);
  void Serve(Worker& worker);
  void Reap();

  Options options_;
  StopSignal stop_;
  std::mutex mutex_;
  std::list<Worker> workers_;
  std::mutex listen_mutex_;
  int listen_fd_ = -1;
  int wake_fd_ = -1;
  std::atomic<bool> listening_ = false;
  std::thread accept_thread_;
  std::uint64_t next_id_ = 1;
};

}  // namespace baokms::emulator
