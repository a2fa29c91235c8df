#include "adapters/etcd/connection_check.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <expected>
#include <memory>
#include <string>
#include <utility>

#include "adapters/openssl/owners.h"
#include "adapters/posix/descriptor.h"

namespace baokms::adapters::etcd {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

// Of each address of the host, until one takes the connection.
std::expected<posix::Descriptor, EtcdProblem> Connect(const Endpoint& endpoint,
                                                      std::chrono::milliseconds timeout) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &wanted, &found) !=
      0) {
    return std::unexpected(EtcdProblem::kUnknownHost);
  }
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(found);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timeval limit{.tv_sec = seconds.count(),
                      .tv_usec = std::chrono::microseconds(timeout - seconds).count()};
  bool refused = false;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    posix::Descriptor socket_here(socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // Linux holds connect() to the limit for sending.
    setsockopt(socket_here.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(socket_here.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(socket_here.get(), at->ai_addr, at->ai_addrlen) == 0) return socket_here;
    refused = refused || errno == ECONNREFUSED;
  }
  return std::unexpected(refused ? EtcdProblem::kRefused : EtcdProblem::kUnreachable);
}

// The name or address that the certificate must hold.
void Expect(SSL* connection, const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
      inet_pton(AF_INET6, host.c_str(), address.data()) == 1) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host.c_str());
    return;
  }
  SSL_set1_host(connection, host.c_str());
  SSL_set_tlsext_host_name(connection, host.c_str());
}

bool IsAlert() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET;
}

EtcdProblem AfterHandshake(SSL* connection) {
  // With TLS 1.3 a server looks at the client's certificate only now, and says so before its first
  // bytes. An HTTP/2 server speaks without being asked.
  char byte = 0;
  if (SSL_read(connection, &byte, 1) <= 0 && IsAlert()) return EtcdProblem::kClientCertificate;
  return EtcdProblem::kNotEtcd;
}

EtcdProblem ShakeHands(SSL* connection) {
  if (SSL_connect(connection) == 1) return AfterHandshake(connection);
  switch (SSL_get_verify_result(connection)) {
    case X509_V_OK:
      break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return EtcdProblem::kOtherName;
    default:
      return EtcdProblem::kUntrusted;
  }
  // Before TLS 1.3 the refusal is part of the handshake.
  return IsAlert() ? EtcdProblem::kClientCertificate : EtcdProblem::kNoTls;
}

}  // namespace

EtcdProblem WhyUnavailable(const Endpoint& endpoint, SSL_CTX* tls,
                           std::chrono::milliseconds timeout) {
  const auto connected = Connect(endpoint, timeout);
  if (!connected) return connected.error();
  if (tls == nullptr) return EtcdProblem::kNotEtcd;
  const openssl::SslPtr connection(SSL_new(tls));
  constexpr std::array<unsigned char, 3> kHttp2 = {2, 'h', '2'};
  SSL_set_alpn_protos(connection.get(), kHttp2.data(), kHttp2.size());
  Expect(connection.get(), endpoint.host);
  SSL_set_fd(connection.get(), connected->get());
  ERR_clear_error();
  const EtcdProblem problem = ShakeHands(connection.get());
  ERR_clear_error();
  return problem;
}

}  // namespace baokms::adapters::etcd
