// An HTTP proxy on 127.0.0.1 that tunnels (CONNECT) to the places that the test gives it, and to
// nothing else: names that resolve nowhere are its own.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace baokms::tests {

class ConnectProxy {
 public:
  // `tunnels`: "name:port" as a client asks for it, and the port of 127.0.0.1 that it leads to.
  // What is not in it is answered with 502.
  explicit ConnectProxy(std::map<std::string, int> tunnels);
  // Ends all connections.
  ~ConnectProxy();
  ConnectProxy(const ConnectProxy&) = delete;
  ConnectProxy& operator=(const ConnectProxy&) = delete;

  // What every further client gets instead of a tunnel: these bytes, then the connection's end.
  void Instead(std::string answer);
  // The same, but it stays open, and silent after `answer`.
  void InsteadHang(std::string answer = {});
  // Tunnels again.
  void InsteadNothing();
  // Every connection that is open now.
  void EndTunnels();

  int port() const { return port_; }
  std::string Url(const std::string& host = "127.0.0.1") const;
  // The heads of all that was asked for, with their last line's end.
  std::vector<std::string> asked() const;

 private:
  enum class Answer { kTunnel, kEnd, kHang };
  void Accept();
  void Serve(int client);
  // False: the client has gone.
  bool ReadHead(int client, std::string& head);
  void Tunnel(int client, int server_port);
  void HangUntilStopped();
  int Open(int fd);  // one that the destructor ends; -1 when it has begun

  const std::map<std::string, int> tunnels_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  Answer answer_ = Answer::kTunnel;
  std::string instead_;
  std::vector<std::string> asked_;
  std::vector<int> fds_;  // ended by the destructor, closed after the threads
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace baokms::tests
