// Faults: what is to go wrong, for which operation, how often.
#pragma once

#include <cstdint>
#include <expected>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/emulator/connection.h"
#include "tests/support/emulator/http_message.h"
#include "tests/support/emulator/logical.h"

namespace baokms::emulator {

struct Fault {
  std::string operation = "any";
  std::string path_contains;  // further narrows the requests it is for
  std::int64_t count = 1;     // -1: until cleared
  std::int64_t skip = 0;      // let this many matching requests pass first
  bool execute = true;        // whether the request takes effect; false when status or raw is set

  std::int64_t delay_ms = 0;  // before anything is answered

  // Replacing the reply.
  std::optional<int> status;
  std::optional<std::string> body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::string> raw;  // these bytes instead of a reply

  // Changing the reply: JSON pointers into its body.
  std::vector<std::pair<std::string, Json>> set;
  std::vector<std::string> remove;

  // Changing its bytes.
  std::optional<Framing> framing;
  bool double_body = false;
  std::optional<std::size_t> garbage;    // random bytes instead of a reply
  std::optional<std::size_t> cut_after;  // bytes of the whole reply, then the connection ends
  std::size_t slow_bytes = 0;            // a piece of this size ...
  std::int64_t slow_interval_ms = 0;     // ... every so often
  bool endless = false;                  // the body never ends
  bool close = false;                    // end the connection after the reply, unannounced
  bool reset = false;  // end it with a TCP reset (before a reply without cut_after)
};

std::expected<Fault, std::string> FaultFromJson(const Json& json);

// Thread safe.
class FaultQueue {
 public:
  void Add(Fault fault);
  void Clear();
  // The first fault in line for this request, one use of it taken.
  std::optional<Fault> Take(std::string_view operation, std::string_view path);
  Json Describe() const;

 private:
  mutable std::mutex mutex_;
  std::list<Fault> faults_;
};

// Changes the reply as the fault says, short of its bytes on the wire.
void ChangeReply(const Fault& fault, HttpReply* reply);

// Writes the reply the way the fault says; false when the connection is over.
bool WriteWithFault(const Fault& fault, const HttpReply& reply, Connection& connection);

}  // namespace baokms::emulator
