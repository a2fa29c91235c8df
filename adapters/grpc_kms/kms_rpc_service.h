// The three RPCs: bytes in, the service port called, bytes out (wire-contract.md). No thread waits
// in here. Our own parse gives the specified codes, where gRPC's would not (libraries.md).
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/grpc_kms/caller.h"
#include "adapters/grpc_kms/connection_table.h"
#include "adapters/grpc_kms/rpc.h"
#include "adapters/grpc_kms/rpc_table.h"
#include "ports/kms_service.h"
#include "ports/telemetry.h"

namespace baokms::adapters::grpc_kms {

class KmsRpcService {
 public:
  // All four outlive the last RPC.
  KmsRpcService(ports::KmsService& service, ports::Telemetry& telemetry, RpcTable& rpcs,
                ConnectionTable& connections)
      : service_(service), telemetry_(telemetry), rpcs_(rpcs), connections_(connections) {}
  KmsRpcService(const KmsRpcService&) = delete;
  KmsRpcService& operator=(const KmsRpcService&) = delete;

  // The method that a path ("/v2.KeyManagementService/Status") names, if it is one of ours.
  static std::optional<core::KmsMethod> MethodAt(std::string_view path);

  struct Request {
    core::KmsMethod method;
    std::string peer;  // as gRPC names it
    std::chrono::system_clock::time_point deadline;
    const grpc::ByteBuffer& message;  // wiped
  };
  // Answers `caller` before it returns, or later from the thread that completes the request. Until
  // then the RPC can be cancelled. Throws when there is no memory for an RPC: not answered.
  std::shared_ptr<Rpc> Serve(const Request& request, Caller& caller);

 private:
  // What these throw becomes HandlerFailed.
  void Status(const std::shared_ptr<Rpc>& rpc, std::string_view message);
  void Encrypt(const std::shared_ptr<Rpc>& rpc, std::string_view message);
  void Decrypt(const std::shared_ptr<Rpc>& rpc, std::string_view message);

  ports::KmsService& service_;
  ports::Telemetry& telemetry_;
  RpcTable& rpcs_;
  ConnectionTable& connections_;
};

}  // namespace baokms::adapters::grpc_kms
