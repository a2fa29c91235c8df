// HTTP/1.1 requests and replies, as values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/emulator/openssl_ptr.h"

namespace baokms::emulator {

// Who is at the other end of a connection.
struct Peer {
  std::uint64_t connection_id = 0;
  SharedX509 certificate;         // null without one
  std::vector<SharedX509> chain;  // behind the leaf
  bool resumed = false;
};

struct HttpRequest {
  std::string method;
  std::string path;  // percent-decoded, without the query
  std::map<std::string, std::string> query;
  std::map<std::string, std::string, std::less<>> headers;  // names in lower case
  std::string body;
  const Peer* peer = nullptr;

  std::string_view Header(std::string_view lower_case_name) const;
};

// The request's head: everything but the body. Nothing when it is malformed.
std::optional<HttpRequest> ParseHead(std::string_view head);

struct HttpReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

enum class Framing { kContentLength, kChunked, kUntilClose };

// Go's server, and so OpenBao, sends bodies above 2048 bytes chunked.
Framing UsualFraming(const HttpReply& reply);
std::string Serialize(const HttpReply& reply, Framing framing);

}  // namespace baokms::emulator
