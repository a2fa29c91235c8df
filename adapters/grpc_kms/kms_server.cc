#include "adapters/grpc_kms/kms_server.h"

#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_posix.h>

#include <algorithm>
#include <future>
#include <limits>
#include <utility>

#include "adapters/grpc_kms/acceptor.h"
#include "adapters/grpc_kms/call_queue.h"
#include "adapters/grpc_kms/connection_table.h"
#include "adapters/grpc_kms/kms_rpc_service.h"
#include "adapters/grpc_kms/rpc.h"
#include "adapters/grpc_kms/rpc_table.h"
#include "adapters/grpc_kms/unix_listener.h"

namespace baokms::adapters::grpc_kms {
namespace {

// Above it gRPC answers RESOURCE_EXHAUSTED with a text of its own; between kMaxMessageBytes and
// this our own check answers INVALID_ARGUMENT (libraries.md, "gRPC").
constexpr int kReceiveLimit = 1 << 20;
constexpr int kMetadataLimit = 8 * 1024;
constexpr int kPingIntervalFloorMs = 5000;
// gRPC holds a buffer ready for what a connection may send next, twice as long after each one that
// was filled, up to 4 MiB. Sixty-four Decrypts fit into this.
constexpr int kReadBufferBytes = 16 * 1024;
// Room above the concurrency limits, so that the excess is refused at once and not queued by the
// client for want of a stream.
constexpr std::size_t kSpareStreams = 64;

int AsInt(std::int64_t value) {
  return static_cast<int>(std::clamp<std::int64_t>(value, 1, std::numeric_limits<int>::max()));
}

void SetLimits(const ServerOptions& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kReceiveLimit);
  builder.SetMaxSendMessageSize(kReceiveLimit);
  // A small compressed message could unfold to a large one; KMS clients do not compress.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  grpc::ResourceQuota quota("kms");
  quota.Resize(options.grpc_memory_bytes);
  builder.SetResourceQuota(quota);
  const std::size_t streams = options.max_concurrent_status + options.max_concurrent_encrypt +
                              options.max_concurrent_decrypt + kSpareStreams;
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             AsInt(static_cast<std::int64_t>(streams)));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataLimit);
  builder.AddChannelArgument(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, kReadBufferBytes);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, AsInt(options.keepalive_time.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             AsInt(options.keepalive_timeout.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kPingIntervalFloorMs);
}

}  // namespace

struct KmsServer::Parts {
  Parts(const ServerOptions& given, ports::KmsService& service, ports::Telemetry& telemetry)
      : options(given),
        rpcs({.status = given.max_concurrent_status,
              .encrypt = given.max_concurrent_encrypt,
              .decrypt = given.max_concurrent_decrypt}),
        connections({.max_connections = given.max_connections,
                     .max_per_uid = given.max_connections_per_uid,
                     .first_rpc_timeout = given.first_rpc_timeout}),
        rpc(service, telemetry, rpcs, connections) {
    grpc::ServerBuilder builder;
    SetLimits(options, builder);
    calls = std::make_unique<CallQueue>(builder, rpc);
    server = builder.BuildAndStart();
  }
  ~Parts() {
    if (server) server->Shutdown();
    calls->Stop();
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  const ServerOptions options;
  RpcTable rpcs;
  ConnectionTable connections;
  KmsRpcService rpc;
  std::unique_ptr<CallQueue> calls;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<Acceptor> acceptor;
};

KmsServer::KmsServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

KmsServer::~KmsServer() { Shutdown(std::chrono::milliseconds(0)); }

std::expected<std::unique_ptr<KmsServer>, ListenProblem> KmsServer::Start(
    const ServerOptions& options, ports::KmsService& service, ports::Telemetry& telemetry) {
  auto listener = UnixListener::Open(
      {.path = options.socket_path, .mode = options.socket_mode, .group = options.socket_gid},
      telemetry);
  if (!listener) return std::unexpected(listener.error());

  auto parts = std::make_unique<Parts>(options, service, telemetry);
  if (!parts->server || !parts->calls->Start()) return std::unexpected(ListenProblem::kSystem);
  auto acceptor = Acceptor::Start(
      std::move(*listener), {.uids = options.allowed_uids, .gids = options.allowed_gids},
      parts->connections,
      [server = parts->server.get()](int fd) { grpc::AddInsecureChannelFromFd(server, fd); });
  if (!acceptor) return std::unexpected(acceptor.error());
  parts->acceptor = std::move(*acceptor);
  return std::unique_ptr<KmsServer>(new KmsServer(std::move(parts)));
}

void KmsServer::Shutdown(std::chrono::milliseconds drain) {
  if (!parts_->acceptor) return;
  const auto deadline = std::chrono::steady_clock::now() + drain;
  const auto linger = parts_->options.linger;
  parts_->acceptor->StopAccepting();
  // GOAWAY now. It returns once every connection is gone; its deadline, which cancels, is the last
  // resort behind our own.
  const auto last_resort = std::chrono::system_clock::now() + drain + 2 * linger;
  auto gone = std::async(std::launch::async,
                         [this, last_resort] { parts_->server->Shutdown(last_resort); });
  parts_->rpcs.WaitUntilEmpty(deadline);
  for (const auto& rpc : parts_->rpcs.Close()) rpc->Interrupt();
  // Idle clients leave on GOAWAY by themselves; replies get a moment to leave.
  gone.wait_for(linger);
  parts_->acceptor->CloseConnections();
  gone.wait();
  parts_->acceptor.reset();
  parts_->calls->Stop();
}

std::size_t KmsServer::connections() const { return parts_->connections.size(); }

}  // namespace baokms::adapters::grpc_kms
