#include "tests/support/harness/name_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <sstream>
#include <string_view>

#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

using std::string_view_literals::operator""sv;

// RFC 1035, section 4.1: a header of 12 octets, then the question: labels, type and class.
constexpr std::size_t kHeader = 12;
constexpr std::string_view kTypeA = "\0\1"sv;
constexpr std::string_view kClassIn = "\0\1"sv;

std::string Labels(const std::string& name) {
  std::istringstream parts(name);
  std::string labels;
  for (std::string part; std::getline(parts, part, '.');) {
    labels += static_cast<char>(part.size());
    labels += part;
  }
  return labels + '\0';
}

// None: not a question.
std::optional<std::string> AnswerTo(std::string_view query) {
  const std::size_t labels_end = query.find('\0', kHeader);
  if (labels_end == std::string_view::npos || query.size() < labels_end + 5) return std::nullopt;
  const std::string_view name = query.substr(kHeader, labels_end + 1 - kHeader);
  const std::string_view type = query.substr(labels_end + 1, 2);
  const bool known = name == Labels(NameServer::kName);
  const bool has_address = known && type == kTypeA;
  std::string answer(query.substr(0, 2));
  // A response to a recursive query, without error or "no such name".
  answer += known ? "\x81\x80"sv : "\x81\x83"sv;
  answer += "\0\1"sv;  // questions
  answer += has_address ? "\0\1"sv : "\0\0"sv;
  answer += "\0\0\0\0"sv;
  answer += query.substr(kHeader, labels_end + 5 - kHeader);
  if (has_address) {
    // The name of the question, a time to live of one minute, four octets.
    answer += "\xc0\x0c"sv;
    answer += kTypeA;
    answer += kClassIn;
    answer += "\0\0\0\x3c\0\4\x7f\0\0\1"sv;
  }
  return answer;
}

}  // namespace

NameServer::NameServer(const std::string& address, Manner manner)
    : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), silent_(manner == Manner::kSilent) {
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(53);
  // So that Serve sees the end.
  const timeval turn{.tv_sec = 0, .tv_usec = 50'000};
  if (fd_ < 0 || inet_pton(AF_INET, address.c_str(), &here.sin_addr) != 1 ||
      setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &turn, sizeof turn) != 0 ||
      // The sockets API's own way of passing an address.
      bind(fd_, reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0) {
    close(fd_);
    throw HarnessError("no name server at " + address);
  }
  thread_ = std::thread([this] { Serve(); });
}

NameServer::~NameServer() {
  stop_ = true;
  thread_.join();
  close(fd_);
}

void NameServer::Serve() const {
  std::array<char, 512> query{};
  while (!stop_) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    auto* generic = reinterpret_cast<sockaddr*>(&peer);
    const ssize_t got = recvfrom(fd_, query.data(), query.size(), 0, generic, &size);
    if (got <= 0) continue;
    ++asked_;
    if (silent_) continue;
    const auto answer = AnswerTo({query.data(), static_cast<std::size_t>(got)});
    if (answer) sendto(fd_, answer->data(), answer->size(), 0, generic, size);
  }
}

}  // namespace baokms::testing
