#include "tests/support/harness/kms_stub.h"

#include <grpcpp/grpcpp.h>

#include "adapters/grpc_kms/kms.grpc.pb.h"
#include "tests/support/harness/planted.h"

namespace baokms::testing {
namespace {

CallStatus ToStatus(const grpc::Status& status) {
  return {.code = static_cast<int>(status.error_code()), .message = status.error_message()};
}

void SetDeadline(grpc::ClientContext& context, KmsStub::Timeout timeout) {
  context.set_deadline(std::chrono::system_clock::now() + timeout);
}

}  // namespace

struct KmsStub::Channel {
  std::unique_ptr<v2::KeyManagementService::Stub> stub;
};

KmsStub::KmsStub(const std::string& socket_path) : channel_(std::make_unique<Channel>()) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // A provider that restarts is found again at once.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  // To gRPC this is also how long a connection may take to be made.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  channel_->stub = v2::KeyManagementService::NewStub(grpc::CreateCustomChannel(
      "unix:" + socket_path, grpc::InsecureChannelCredentials(), arguments));
}

KmsStub::~KmsStub() = default;

StatusAnswer KmsStub::Status(Timeout timeout) const {
  grpc::ClientContext context;
  SetDeadline(context, timeout);
  v2::StatusResponse reply;
  const grpc::Status status = channel_->stub->Status(&context, {}, &reply);
  return {.status = ToStatus(status),
          .version = reply.version(),
          .healthz = reply.healthz(),
          .key_id = reply.key_id()};
}

EncryptAnswer KmsStub::Encrypt(const std::string& plaintext, const std::string& uid,
                               Timeout timeout) const {
  grpc::ClientContext context;
  SetDeadline(context, timeout);
  Plant(Planted::Kind::kSecret, "plaintext", plaintext);
  v2::EncryptRequest request;
  request.set_plaintext(plaintext);
  request.set_uid(uid);
  v2::EncryptResponse reply;
  EncryptAnswer answer;
  answer.status = ToStatus(channel_->stub->Encrypt(&context, request, &reply));
  answer.sealed.ciphertext = reply.ciphertext();
  answer.sealed.key_id = reply.key_id();
  for (const auto& entry : reply.annotations()) {
    answer.sealed.annotations[entry.key()] = entry.value();
  }
  return answer;
}

DecryptAnswer KmsStub::Decrypt(const SealedObject& sealed, const std::string& uid,
                               Timeout timeout) const {
  grpc::ClientContext context;
  SetDeadline(context, timeout);
  v2::DecryptRequest request;
  request.set_ciphertext(sealed.ciphertext);
  request.set_key_id(sealed.key_id);
  request.set_uid(uid);
  for (const auto& [key, value] : sealed.annotations) {
    auto* entry = request.add_annotations();
    entry->set_key(key);
    entry->set_value(value);
  }
  v2::DecryptResponse reply;
  DecryptAnswer answer;
  answer.status = ToStatus(channel_->stub->Decrypt(&context, request, &reply));
  answer.plaintext = reply.plaintext();
  return answer;
}

}  // namespace baokms::testing
