// One accepted connection, TLS or plain, with the byte-level control that faults need.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "tests/support/emulator/http_message.h"
#include "tests/support/emulator/openssl_ptr.h"

namespace baokms::emulator {

// Tells every connection of a server to end; sleeping faults wake up.
class StopSignal {
 public:
  void Stop();
  // False when stopped before the time was over.
  bool Sleep(std::int64_t milliseconds);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
};

// Used by one thread; Abort may come from another.
class Connection {
 public:
  Connection(int fd, SSL_CTX* context, std::uint64_t id, StopSignal& stop);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool Handshake();
  // The next request, or nothing when the peer left or sent something else.
  std::optional<HttpRequest> ReadRequest();
  bool Write(std::string_view bytes);

  enum class Ending { kCloseNotify, kFin, kReset };
  void End(Ending ending);
  bool ended() const { return ended_; }

  // From any thread: the blocked read or write ends.
  void Abort(Ending ending);

  bool Sleep(std::int64_t milliseconds) { return stop_.Sleep(milliseconds); }
  const Peer& peer() const { return peer_; }

 private:
  int Read(char* into, int size);
  bool Fill();
  bool ReadBody(HttpRequest* request);
  bool ReadChunked(std::string* body);
  bool NeedBytes(std::size_t count);

  std::mutex fd_mutex_;
  int fd_;
  SslPtr ssl_;
  StopSignal& stop_;
  Peer peer_;
  std::string buffer_;
  bool ended_ = false;
};

}  // namespace baokms::emulator
