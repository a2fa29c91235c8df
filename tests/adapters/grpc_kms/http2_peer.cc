#include "tests/adapters/grpc_kms/http2_peer.h"

#include <poll.h>
#include <sys/socket.h>

namespace baokms::adapters::grpc_kms::testing {
namespace {

constexpr char kData = 0;
constexpr char kHeaders = 1;
constexpr char kResetStream = 3;
constexpr char kSettings = 4;
constexpr char kEndStream = 1;
constexpr char kEndHeaders = 4;

std::string BigEndian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>((value >> (8 * i)) & 0xffU);
  return text;
}

std::string Frame(char type, char flags, std::uint32_t stream, std::string_view payload) {
  std::string frame = BigEndian(payload.size(), 3);
  frame += type;
  frame += flags;
  frame += BigEndian(stream, 4);
  return frame.append(payload);
}

// HPACK: a literal without indexing, no Huffman.
std::string Header(std::string_view name, std::string_view value) {
  std::string field(1, '\0');
  field += static_cast<char>(name.size());
  field.append(name);
  field += static_cast<char>(value.size());
  return field.append(value);
}

}  // namespace

std::string Http2Opening() {
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, "");
}

std::string Http2OpeningWithClosedWindow() {
  constexpr std::uint64_t kInitialWindowSize = 4;
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
         Frame(kSettings, 0, 0, BigEndian(kInitialWindowSize, 2) + BigEndian(0, 4));
}

std::string Http2Rpc(std::uint32_t stream, std::string_view method, std::string_view message,
                     bool finished) {
  const std::string path = "/v2.KeyManagementService/" + std::string(method);
  const std::string headers = Header(":method", "POST") + Header(":scheme", "http") +
                              Header(":path", path) + Header(":authority", "localhost") +
                              Header("te", "trailers") + Header("content-type", "application/grpc");
  const std::size_t announced = finished ? message.size() : message.size() + 1;
  const std::string body = std::string(1, '\0') + BigEndian(announced, 4) + std::string(message);
  std::string frames = Frame(kHeaders, kEndHeaders, stream, headers);
  for (std::size_t at = 0; at < body.size(); at += 16384) {
    const bool last = at + 16384 >= body.size();
    frames += Frame(kData, last && finished ? kEndStream : char{0}, stream,
                    std::string_view(body).substr(at, 16384));
  }
  return frames;
}

std::string Http2Reset(std::uint32_t stream) {
  constexpr std::uint64_t kCancel = 8;
  return Frame(kResetStream, 0, stream, BigEndian(kCancel, 4));
}

bool SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    pollfd entry{.fd = fd, .events = POLLOUT, .revents = 0};
    if (::poll(&entry, 1, 2000) <= 0 || (entry.revents & (POLLHUP | POLLERR)) != 0) return false;
  }
  return true;
}

}  // namespace baokms::adapters::grpc_kms::testing
