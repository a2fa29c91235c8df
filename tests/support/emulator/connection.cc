#include "tests/support/emulator/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>

namespace baokms::emulator {
namespace {

constexpr std::size_t kMaxHead = 64 * 1024;
constexpr std::size_t kMaxBody = 32 * 1024 * 1024;  // OpenBao's own limit

std::optional<std::size_t> Number(std::string_view digits, int base) {
  std::size_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return {};
  return value;
}

void LingerZero(int fd) {
  const linger option{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &option, sizeof(option));
}

}  // namespace

void StopSignal::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

bool StopSignal::Sleep(std::int64_t milliseconds) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, std::chrono::milliseconds(milliseconds),
                            [this] { return stopped_; });
}

Connection::Connection(int fd, SSL_CTX* context, std::uint64_t id, StopSignal& stop)
    : fd_(fd), stop_(stop) {
  peer_.connection_id = id;
  if (context != nullptr) {
    ssl_.reset(SSL_new(context));
    SSL_set_fd(ssl_.get(), fd);
  }
}

Connection::~Connection() { End(Ending::kFin); }

bool Connection::Handshake() {
  if (ssl_ == nullptr) return true;
  if (SSL_accept(ssl_.get()) != 1) return false;
  peer_.certificate = SharedX509(SSL_get1_peer_certificate(ssl_.get()), X509_free);
  // On the server's side the chain holds what follows the leaf.
  STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl_.get());
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    X509* certificate = sk_X509_value(chain, i);
    X509_up_ref(certificate);
    peer_.chain.emplace_back(certificate, X509_free);
  }
  peer_.resumed = SSL_session_reused(ssl_.get()) == 1;
  return true;
}

int Connection::Read(char* into, int size) {
  if (ssl_ != nullptr) return SSL_read(ssl_.get(), into, size);
  ssize_t count = 0;
  do {
    count = recv(fd_, into, static_cast<std::size_t>(size), 0);
  } while (count < 0 && errno == EINTR);
  return static_cast<int>(count);
}

bool Connection::Fill() {
  std::array<char, 16 * 1024> bytes{};
  const int count = Read(bytes.data(), static_cast<int>(bytes.size()));
  if (count <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

bool Connection::NeedBytes(std::size_t count) {
  while (buffer_.size() < count) {
    if (!Fill()) return false;
  }
  return true;
}

std::optional<HttpRequest> Connection::ReadRequest() {
  std::size_t head_end = std::string::npos;
  while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (buffer_.size() > kMaxHead || !Fill()) return std::nullopt;
  }
  auto request = ParseHead(std::string_view(buffer_).substr(0, head_end));
  buffer_.erase(0, head_end + 4);
  if (!request || !ReadBody(&*request)) return std::nullopt;
  request->peer = &peer_;
  return request;
}

bool Connection::ReadBody(HttpRequest* request) {
  if (request->Header("expect") == "100-continue" && !Write("HTTP/1.1 100 Continue\r\n\r\n")) {
    return false;
  }
  if (request->Header("transfer-encoding") == "chunked") return ReadChunked(&request->body);
  const std::string_view length_text = request->Header("content-length");
  if (length_text.empty()) return true;
  const auto length = Number(length_text, 10);
  if (!length || *length > kMaxBody || !NeedBytes(*length)) return false;
  request->body = buffer_.substr(0, *length);
  buffer_.erase(0, *length);
  return true;
}

bool Connection::ReadChunked(std::string* body) {
  while (true) {
    std::size_t line_end = std::string::npos;
    while ((line_end = buffer_.find("\r\n")) == std::string::npos) {
      if (buffer_.size() > kMaxHead || !Fill()) return false;
    }
    const auto size = Number(std::string_view(buffer_).substr(0, line_end), 16);
    if (!size || body->size() + *size > kMaxBody) return false;
    if (!NeedBytes(line_end + 2 + *size + 2)) return false;
    body->append(buffer_, line_end + 2, *size);
    buffer_.erase(0, line_end + 2 + *size + 2);
    if (*size == 0) return true;
  }
}

bool Connection::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t count = 0;
    if (ssl_ != nullptr) {
      count = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    } else {
      count = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
    }
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void Connection::End(Ending ending) {
  if (ended_) return;
  ended_ = true;
  if (ssl_ != nullptr && ending == Ending::kCloseNotify) SSL_shutdown(ssl_.get());
  const std::lock_guard lock(fd_mutex_);
  if (ending == Ending::kReset) {
    LingerZero(fd_);
  } else {
    shutdown(fd_, SHUT_WR);
  }
  close(fd_);
  fd_ = -1;
}

void Connection::Abort(Ending ending) {
  const std::lock_guard lock(fd_mutex_);
  if (fd_ < 0) return;
  if (ending == Ending::kReset) LingerZero(fd_);
  shutdown(fd_, ending == Ending::kReset ? SHUT_RD : SHUT_RDWR);
}

}  // namespace baokms::emulator
