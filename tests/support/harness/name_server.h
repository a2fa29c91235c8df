// A DNS server that knows one name, or never answers: what a node's /etc/resolv.conf may lead to.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace baokms::testing {

class NameServer {
 public:
  // UDP port 53 of `address`, an IPv4 address of the calling thread's network. Throws HarnessError
  // when it cannot be bound.
  enum class Manner { kAnswers, kSilent };
  NameServer(const std::string& address, Manner manner);
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  // The name that it knows, and leads to 127.0.0.1; it has no IPv6 address.
  static constexpr const char* kName = "openbao.test";

  void FallSilent() { silent_ = true; }
  void AnswerAgain() { silent_ = false; }
  // Questions that arrived, answered or not. A look-up asks two, for IPv4 and for IPv6.
  int asked() const { return asked_; }

 private:
  void Serve() const;

  int fd_;
  std::atomic<bool> silent_;
  std::atomic<bool> stop_ = false;
  mutable std::atomic<int> asked_ = 0;
  std::thread thread_;
};

}  // namespace baokms::testing
