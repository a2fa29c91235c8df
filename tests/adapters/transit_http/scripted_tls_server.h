// A TLS server on 127.0.0.1 whose every byte the test writes.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/adapters/transit_http/test_pki.h"

struct ssl_st;
struct ssl_ctx_st;
struct x509_store_ctx_st;

namespace baokms::tests {

struct SeenRequest {
  std::string head;  // request line and headers
  std::string body;
  int connection = 0;                     // 1 for the first
  std::vector<std::string> client_chain;  // DER, as the peer sent it; every client is asked for one
  bool resumed = false;                   // the connection's TLS session is another connection's
};

class ScriptedTlsServer;

// One accepted connection, as the script sees it.
class Wire {
 public:
  // False once the peer has gone or the server stops.
  bool Write(std::string_view bytes);
  bool Sleep(std::chrono::milliseconds duration);
  void Close() { open_ = false; }  // with close_notify
  void HangUntilStopped();

 private:
  friend class ScriptedTlsServer;
  bool ReadRequest(SeenRequest& request);
  ScriptedTlsServer* server_ = nullptr;
  ssl_st* ssl_ = nullptr;
  bool open_ = true;
  std::string unread_;
};

// "HTTP/1.1 <status> X", JSON, Content-Length.
std::string HttpReplyText(int status, std::string_view body);

class ScriptedTlsServer {
 public:
  using Script = std::function<void(const SeenRequest&, Wire&)>;

  // `script` runs on the connection's thread, once a request. Port 0: any free one.
  ScriptedTlsServer(const Identity& identity, Script script, int max_tls_version = 0, int port = 0);
  ~ScriptedTlsServer();
  ScriptedTlsServer(const ScriptedTlsServer&) = delete;
  ScriptedTlsServer& operator=(const ScriptedTlsServer&) = delete;

  // From now on no handshake without a client certificate, and none but with this one (DER).
  void RequireClientCertificate(std::string leaf_der);

  int port() const { return port_; }
  std::string Url(const std::string& host = "127.0.0.1") const;
  int connections() const { return connections_; }
  std::vector<SeenRequest> requests() const;

 private:
  friend class Wire;
  void Accept();
  void Serve(int fd, int number);

  static int JudgeClient(int verified, x509_store_ctx_st* context);

  const Script script_;
  std::string only_client_;  // DER; empty: any
  ssl_ctx_st* context_ = nullptr;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::vector<SeenRequest> requests_;
  std::vector<int> open_fds_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// Listens on 127.0.0.1 and never accepts. With `full`, not even TCP connects.
class SilentListener {
 public:
  explicit SilentListener(bool full);
  ~SilentListener();
  SilentListener(const SilentListener&) = delete;
  SilentListener& operator=(const SilentListener&) = delete;
  std::string Url() const { return "https://127.0.0.1:" + std::to_string(port_); }

 private:
  int port_ = 0;  // before fd_, whose initialiser sets it
  int fd_ = -1;
  std::vector<int> fillers_;
};

}  // namespace baokms::tests
