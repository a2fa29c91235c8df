// What the emulator has seen: requests by operation, connections, handshakes, and the last
// requests one by one.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "tests/support/emulator/http_message.h"
#include "tests/support/emulator/logical.h"

namespace baokms::emulator {

// Thread safe.
class Counters {
 public:
  void Accepted();
  void Handshake(const Peer& peer, bool done);

  // Begin when a request has been read, End when its reply is decided.
  void Begin(std::string_view operation);
  void End(std::string_view operation, const HttpRequest& request, int status, bool faulted,
           std::size_t batch_items);

  void Reset();
  Json Totals() const;
  Json Requests() const;  // the last 512, oldest first

 private:
  struct PerOperation {
    std::uint64_t requests = 0;
    std::uint64_t faults = 0;
    std::uint64_t items = 0;  // of batches; a single request is one
    std::uint64_t batches = 0;
    std::uint64_t largest_batch = 0;
    std::uint64_t with_client_certificate = 0;
    std::uint64_t in_flight = 0;
    std::uint64_t most_in_flight = 0;
    std::map<int, std::uint64_t> statuses;
  };
  struct Seen {
    std::string operation;
    std::string method;
    std::string path;
    std::string name_space;
    std::string host;
    std::uint64_t connection = 0;
    int status = 0;
    bool client_certificate = false;
    bool token = false;
    bool faulted = false;
  };

  mutable std::mutex mutex_;
  std::map<std::string, PerOperation, std::less<>> operations_;
  std::deque<Seen> seen_;
  std::uint64_t accepted_ = 0;
  std::uint64_t handshakes_ = 0;
  std::uint64_t handshakes_failed_ = 0;
  std::uint64_t handshakes_resumed_ = 0;
  std::uint64_t handshakes_with_client_certificate_ = 0;
};

}  // namespace baokms::emulator
