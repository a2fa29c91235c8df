// One listening socket, its routes and its connections, driven by one thread: libmicrohttpd does
// HTTP, this class does time and numbers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "adapters/health_http/http_server.h"
#include "adapters/posix/descriptor.h"

struct MHD_Connection;
struct MHD_Daemon;

namespace baokms::adapters::health_http {

class Listener {
 public:
  using Clock = std::chrono::steady_clock;

  // Takes the listening socket over. Null: libmicrohttpd could not start.
  static std::unique_ptr<Listener> Make(posix::Descriptor listen_socket, ListenerOptions options);
  ~Listener();

  // Readable: Run has something to do.
  int epoll_descriptor() const;
  // At most this long until Run must be called although nothing is readable; negative: never.
  int TimeoutMilliseconds() const;
  // Serves what is ready and cuts what is late.
  void Run();

 private:
  enum class Phase : std::uint8_t { kHeaders, kReply, kIdle };
  struct Peer {
    int descriptor = -1;
    Phase phase = Phase::kHeaders;
    Clock::time_point deadline;
    std::uint64_t received = 0;  // bytes, up to the last request
    bool cut = false;
  };
  using Peers = std::list<Peer>;
  struct Callbacks;

  explicit Listener(ListenerOptions options) : options_(std::move(options)) {}

  void Enter(Peer& peer, Phase phase);
  void CutLate();
  void MakeRoom();
  int Answer(MHD_Connection* connection, Peer& peer, const char* path, const char* method);

  const ListenerOptions options_;
  Peers peers_;  // oldest first
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace baokms::adapters::health_http
