#include "adapters/grpc_kms/kms_socket_client.h"

#include <grpcpp/grpcpp.h>

#include "adapters/grpc_kms/kms.grpc.pb.h"

namespace baokms::adapters::grpc_kms {
namespace {

constexpr const char* kUid = "bao-kms-provider-probe";

core::RpcCode CodeOf(const grpc::Status& status) {
  return static_cast<core::RpcCode>(status.error_code());  // gRPC's numbers, both
}

}  // namespace

struct KmsSocketClient::Stub {
  std::unique_ptr<v2::KeyManagementService::Stub> rpc;
};

KmsSocketClient::KmsSocketClient(const std::string& socket_path) : stub_(std::make_unique<Stub>()) {
  stub_->rpc = v2::KeyManagementService::NewStub(
      grpc::CreateChannel("unix:" + socket_path, grpc::InsecureChannelCredentials()));
}

KmsSocketClient::~KmsSocketClient() = default;

SocketReply<SocketStatus> KmsSocketClient::Status(Deadline deadline) const {
  grpc::ClientContext context;
  context.set_deadline(deadline);
  v2::StatusResponse reply;
  const grpc::Status status = stub_->rpc->Status(&context, {}, &reply);
  if (!status.ok()) return std::unexpected(CodeOf(status));
  return SocketStatus{
      .version = reply.version(), .healthz = reply.healthz(), .key_id = reply.key_id()};
}

SocketReply<SocketEncrypted> KmsSocketClient::Encrypt(const std::string& plaintext,
                                                      Deadline deadline) const {
  grpc::ClientContext context;
  context.set_deadline(deadline);
  v2::EncryptRequest request;
  request.set_plaintext(plaintext);
  request.set_uid(kUid);
  v2::EncryptResponse reply;
  const grpc::Status status = stub_->rpc->Encrypt(&context, request, &reply);
  if (!status.ok()) return std::unexpected(CodeOf(status));
  SocketEncrypted sealed{
      .ciphertext = reply.ciphertext(), .key_id = reply.key_id(), .annotations = {}};
  for (const auto& entry : reply.annotations()) sealed.annotations[entry.key()] = entry.value();
  return sealed;
}

SocketReply<std::string> KmsSocketClient::Decrypt(const SocketEncrypted& sealed,
                                                  Deadline deadline) const {
  grpc::ClientContext context;
  context.set_deadline(deadline);
  v2::DecryptRequest request;
  request.set_ciphertext(sealed.ciphertext);
  request.set_key_id(sealed.key_id);
  request.set_uid(kUid);
  for (const auto& [key, value] : sealed.annotations) {
    auto* entry = request.add_annotations();
    entry->set_key(key);
    entry->set_value(value);
  }
  v2::DecryptResponse reply;
  const grpc::Status status = stub_->rpc->Decrypt(&context, request, &reply);
  if (!status.ok()) return std::unexpected(CodeOf(status));
  return reply.plaintext();
}

}  // namespace baokms::adapters::grpc_kms
