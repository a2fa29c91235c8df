// KMS v2 over gRPC on a Unix socket (wire-contract.md; security-and-deployment.md, "Socket").
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/grpc_kms/listen_problem.h"
#include "ports/kms_service.h"
#include "ports/telemetry.h"

namespace baokms::adapters::grpc_kms {

struct ServerOptions {
  std::string socket_path;          // absolute, at most 107 bytes
  mode_t socket_mode = 0660;        // permission bits
  std::optional<gid_t> socket_gid;  // none: the process's

  // Peers by SO_PEERCRED; one match is enough, both empty: the socket's mode alone decides.
  std::vector<uid_t> allowed_uids;
  std::vector<gid_t> allowed_gids;

  std::size_t max_concurrent_status = 16;
  std::size_t max_concurrent_encrypt = 32;
  std::size_t max_concurrent_decrypt = 64;

  std::size_t max_connections = 256;
  std::size_t max_connections_per_uid = 64;
  // A connection without an RPC is closed after this long.
  std::chrono::milliseconds first_rpc_timeout{5000};
  // A peer that does not answer a ping is closed.
  std::chrono::milliseconds keepalive_time{30'000};
  std::chrono::milliseconds keepalive_timeout{10'000};
  // What gRPC may hold for all connections together, before it closes some.
  std::size_t grpc_memory_bytes = std::size_t{64} << 20U;
  // After a drain, replies have this long to leave before connections are cut.
  std::chrono::milliseconds linger{1000};
};

class KmsServer {
 public:
  // Serves when it returns. `service` and `telemetry` outlive the server; the service may complete
  // requests even later. Telemetry hears of each request twice and of a removed stale socket.
  static std::expected<std::unique_ptr<KmsServer>, ListenProblem> Start(
      const ServerOptions& options, ports::KmsService& service, ports::Telemetry& telemetry);

  // Shuts down without a drain, if that has not happened.
  ~KmsServer();
  KmsServer(const KmsServer&) = delete;
  KmsServer& operator=(const KmsServer&) = delete;

  // Unlinks the socket, sends GOAWAY, lets RPCs finish for `drain`, answers the rest with
  // UNAVAILABLE and closes every connection. Returns within `drain` + 2 x linger. Idempotent; one
  // thread, none of gRPC's.
  void Shutdown(std::chrono::milliseconds drain);

  // Accepted and not yet closed.
  std::size_t connections() const;

 private:
  struct Parts;
  explicit KmsServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace baokms::adapters::grpc_kms
