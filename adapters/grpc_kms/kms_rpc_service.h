// The three RPCs: bytes in, the service port called, bytes out (wire-contract.md). No thread waits
// in here. Raw methods: our own parse gives the specified codes, where gRPC's would not
// (libraries.md).
#pragma once

#include <string_view>

#include "adapters/grpc_kms/connection_table.h"
#include "adapters/grpc_kms/kms.grpc.pb.h"
#include "adapters/grpc_kms/rpc_table.h"
#include "ports/kms_service.h"
#include "ports/telemetry.h"

namespace baokms::adapters::grpc_kms {

using RawKmsService = v2::KeyManagementService::WithRawCallbackMethod_Status<
    v2::KeyManagementService::WithRawCallbackMethod_Encrypt<
        v2::KeyManagementService::WithRawCallbackMethod_Decrypt<
            v2::KeyManagementService::Service>>>;

class KmsRpcService final : public RawKmsService {
 public:
  // All four outlive the last RPC.
  KmsRpcService(ports::KmsService& service, ports::Telemetry& telemetry, RpcTable& rpcs,
                ConnectionTable& connections)
      : service_(service), telemetry_(telemetry), rpcs_(rpcs), connections_(connections) {}

  grpc::ServerUnaryReactor* Status(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Encrypt(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Decrypt(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override;

 private:
  // work(rpc, message bytes); what it throws becomes HandlerFailed.
  template <typename Work>
  grpc::ServerUnaryReactor* Handle(core::KmsMethod method, grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request, grpc::ByteBuffer* response,
                                   Work work);

  ports::KmsService& service_;
  ports::Telemetry& telemetry_;
  RpcTable& rpcs_;
  ConnectionTable& connections_;
};

}  // namespace baokms::adapters::grpc_kms
