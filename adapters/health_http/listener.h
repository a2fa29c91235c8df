// The routes of one address and its connections, driven by one thread: libmicrohttpd does HTTP,
// this class does time and numbers, and accepting.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "adapters/health_http/http_server.h"

struct MHD_Connection;
struct MHD_Daemon;

namespace baokms::adapters::health_http {

class Listener {
 public:
  using Clock = std::chrono::steady_clock;

  // Null: libmicrohttpd could not start.
  static std::unique_ptr<Listener> Make(ListenerOptions options);
  ~Listener();

  // Readable: Run has something to do.
  int epoll_descriptor() const;
  // At most this long until Run must be called although nothing is readable; negative: never.
  int TimeoutMilliseconds() const;
  // Serves what is ready and cuts what is late.
  void Run();

  // kFailed: there is no descriptor or memory for a connection; kNothing: nobody waits.
  enum class Accepted : std::uint8_t { kOne, kNothing, kFailed };
  // `listen_socket` is non-blocking. Not while this is full.
  Accepted AcceptFrom(int listen_socket);
  // Some that were cut for new ones are still to go.
  bool Full() const;

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
