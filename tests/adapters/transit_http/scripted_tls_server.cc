#include "tests/adapters/transit_http/scripted_tls_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace baokms::tests {
namespace {

int Listen(int backlog, int& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  constexpr int kOn = 1;  // so that a port can be taken again
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof(kOn));
  if (fd < 0 || bind(fd, generic, size) != 0 || listen(fd, backlog) != 0 ||
      getsockname(fd, generic, &size) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port = ntohs(address.sin_port);
  return fd;
}

bool ContinuesWith(std::string_view head, std::string_view name, std::size_t& value) {
  const std::size_t at = head.find(name);
  if (at == std::string_view::npos) return false;
  value = static_cast<std::size_t>(std::stoul(std::string(head.substr(at + name.size()))));
  return true;
}

std::string DerOf(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  // The same bytes as text.
  std::string text(reinterpret_cast<char*>(der), static_cast<std::size_t>(std::max(size, 0)));
  OPENSSL_free(der);
  return text;
}

std::vector<std::string> ClientChain(SSL* ssl) {
  // A resumed session knows the peer's leaf alone.
  std::vector<std::string> chain;
  const auto add = [&chain](X509* certificate) { chain.push_back(DerOf(certificate)); };
  X509* leaf = SSL_get0_peer_certificate(ssl);
  if (leaf == nullptr) return chain;
  add(leaf);
  STACK_OF(X509)* rest = SSL_get_peer_cert_chain(ssl);
  for (int i = 0; i < sk_X509_num(rest); ++i) add(sk_X509_value(rest, i));
  return chain;
}

}  // namespace

std::string HttpReplyText(int status, std::string_view body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

bool Wire::Write(std::string_view bytes) {
  if (!open_ || bytes.empty()) return open_;
  open_ = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  return open_;
}

bool Wire::Sleep(std::chrono::milliseconds duration) {
  std::unique_lock lock(server_->mutex_);
  return !server_->stopped_.wait_for(lock, duration, [this] { return server_->stopping_; });
}

void Wire::HangUntilStopped() {
  std::unique_lock lock(server_->mutex_);
  server_->stopped_.wait(lock, [this] { return server_->stopping_; });
  open_ = false;
}

bool Wire::ReadRequest(SeenRequest& request) {
  std::size_t head_end = 0;
  std::size_t body_size = 0;
  while (true) {
    head_end = unread_.find("\r\n\r\n");
    if (head_end != std::string::npos) {
      request.head = unread_.substr(0, head_end + 2);
      ContinuesWith(request.head, "Content-Length: ", body_size);
      if (unread_.size() >= head_end + 4 + body_size) break;
    }
    char buffer[4096];
    const int got = SSL_read(ssl_, buffer, sizeof(buffer));
    if (got <= 0) return false;
    unread_.append(buffer, static_cast<std::size_t>(got));
  }
  request.body = unread_.substr(head_end + 4, body_size);
  unread_.erase(0, head_end + 4 + body_size);
  return true;
}

ScriptedTlsServer::ScriptedTlsServer(const Identity& identity, Script script, int max_tls_version,
                                     int port)
    : script_(std::move(script)), context_(SSL_CTX_new(TLS_server_method())), port_(port) {
  signal(SIGPIPE, SIG_IGN);
  SSL_CTX_set_security_level(context_, 0);
  if (max_tls_version != 0) {
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_, max_tls_version);
  }
  BIO* bio = BIO_new_mem_buf(identity.certificate_pem.data(), -1);
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  bio = BIO_new_mem_buf(identity.key_pem.data(), -1);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  SSL_CTX_use_certificate(context_, certificate);
  SSL_CTX_use_PrivateKey(context_, key);
  X509_free(certificate);
  EVP_PKEY_free(key);
  SSL_CTX_set_app_data(context_, this);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, JudgeClient);
  constexpr unsigned char kSessionContext = 1;
  SSL_CTX_set_session_id_context(context_, &kSessionContext, 1);
  listener_ = Listen(128, port_);
  acceptor_ = std::thread([this] { Accept(); });
}

int ScriptedTlsServer::JudgeClient(int /*verified*/, X509_STORE_CTX* context) {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* server =
      static_cast<const ScriptedTlsServer*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const bool known = server->only_client_.empty() ||
                     DerOf(X509_STORE_CTX_get0_cert(context)) == server->only_client_;
  if (!known) X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_UNTRUSTED);
  return known ? 1 : 0;
}

void ScriptedTlsServer::RequireClientCertificate(std::string leaf_der) {
  only_client_ = std::move(leaf_der);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, JudgeClient);
}

ScriptedTlsServer::~ScriptedTlsServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : open_fds_) shutdown(fd, SHUT_RDWR);
  }
  stopped_.notify_all();
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
  SSL_CTX_free(context_);
}

std::string ScriptedTlsServer::Url(const std::string& host) const {
  return "https://" + host + ":" + std::to_string(port_);
}

std::vector<SeenRequest> ScriptedTlsServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedTlsServer::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      close(fd);
      return;
    }
    open_fds_.push_back(fd);
    threads_.emplace_back([this, fd, number = ++connections_] { Serve(fd, number); });
  }
}

void ScriptedTlsServer::Serve(int fd, int number) {
  Wire wire;
  wire.server_ = this;
  wire.ssl_ = SSL_new(context_);
  SSL_set_fd(wire.ssl_, fd);
  if (SSL_accept(wire.ssl_) == 1) {
    SeenRequest request;
    while (wire.open_ && wire.ReadRequest(request)) {
      request.connection = number;
      request.client_chain = ClientChain(wire.ssl_);
      request.resumed = SSL_session_reused(wire.ssl_) == 1;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      script_(request, wire);
    }
    SSL_shutdown(wire.ssl_);
  } else {
    // As far away as a network: what it said is read before its end is.
    wire.Sleep(std::chrono::milliseconds(50));
  }
  SSL_free(wire.ssl_);
  const std::lock_guard lock(mutex_);
  std::erase(open_fds_, fd);
  close(fd);
}

SilentListener::SilentListener(bool full) : fd_(Listen(full ? 0 : 16, port_)) {
  if (!full) return;
  // The queue takes a few; the rest of the handshakes hang, as behind a firewall that drops.
  for (int i = 0; i < 4; ++i) {
    const int filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    (void)connect(filler, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    fillers_.push_back(filler);
  }
}

SilentListener::~SilentListener() {
  for (const int filler : fillers_) close(filler);
  close(fd_);
}

}  // namespace baokms::tests
