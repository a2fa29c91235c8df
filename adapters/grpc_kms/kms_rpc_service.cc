#include "adapters/grpc_kms/kms_rpc_service.h"

#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include "adapters/grpc_kms/message_codec.h"
#include "core/model/secret.h"

namespace baokms::adapters::grpc_kms {
namespace {

// A request in one piece. A message that may hold plaintext is wiped afterwards, in gRPC's own
// buffers too (short messages live inside slice objects that are not reachable from here).
class RequestBytes {
 public:
  explicit RequestBytes(const grpc::ByteBuffer& buffer) {
    // Fails for a buffer that holds nothing: an empty message.
    if (!buffer.Dump(&slices_).ok()) slices_.clear();
    if (slices_.size() <= 1 || buffer.Length() > core::kMaxMessageBytes) return;
    joined_ = core::Secret::OfSize(buffer.Length());
    char* at = joined_.MutableBytes().data();
    for (const grpc::Slice& slice : slices_) {
      std::memcpy(at, slice.begin(), slice.size());
      at += slice.size();
    }
  }
  ~RequestBytes() {
    for (const grpc::Slice& slice : slices_) {
      // The message's bytes belong to this RPC alone; gRPC has no more use for them.
      core::WipeMemory(const_cast<std::uint8_t*>(slice.begin()), slice.size());
    }
  }
  RequestBytes(const RequestBytes&) = delete;
  RequestBytes& operator=(const RequestBytes&) = delete;

  std::string_view view() const {
    if (slices_.size() != 1) return joined_.ExposeSecret();
    return {reinterpret_cast<const char*>(slices_[0].begin()), slices_[0].size()};
  }

 private:
  std::vector<grpc::Slice> slices_;
  core::Secret joined_;
};

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

// Sent from the Secret's own memory, which is wiped when gRPC lets go of it.
grpc::ByteBuffer ToBuffer(core::Secret bytes) {
  auto owner = std::make_unique<core::Secret>(std::move(bytes));
  const std::span<char> memory = owner->MutableBytes();
  const grpc::Slice slice(
      memory.data(), memory.size(), [](void* kept) { delete static_cast<core::Secret*>(kept); },
      owner.get());
  owner.release();  // NOLINT(bugprone-unused-return-value): the slice owns it now
  return {&slice, 1};
}

template <typename T, typename Encode>
ports::KmsCompletion<T> Answer(std::shared_ptr<Rpc> rpc, Encode encode) {
  return [rpc = std::move(rpc), encode](core::KmsOutcome<T> outcome) {
    if (rpc->answered()) return rpc->LetGo();  // the caller has gone; the outcome is wiped here
    try {
      const KeyFacts facts{std::move(outcome.key_id_hash), outcome.transit_key_version,
                           outcome.shared};
      if (!outcome.result) return rpc->Fail(outcome.result.error(), facts);
      auto reply = encode(*outcome.result);
      if (!reply) return rpc->Fail(reply.error(), facts);
      rpc->Succeed(ToBuffer(std::move(*reply)), facts);
    } catch (...) {
      rpc->FailWithCurrentException();
    }
  };
}

// "fd:N" is who sent the RPC (libraries.md, "gRPC"); -1 for anything else.
int PeerDescriptor(std::string_view peer) {
  int fd = -1;
  if (!peer.starts_with("fd:")) return fd;
  peer.remove_prefix(3);
  std::from_chars(peer.data(), peer.data() + peer.size(), fd);
  return fd;
}

}  // namespace

std::optional<core::KmsMethod> KmsRpcService::MethodAt(std::string_view path) {
  constexpr std::string_view kService = "/v2.KeyManagementService/";
  if (!path.starts_with(kService)) return std::nullopt;
  path.remove_prefix(kService.size());
  if (path == "Status") return core::KmsMethod::kStatus;
  if (path == "Encrypt") return core::KmsMethod::kEncrypt;
  if (path == "Decrypt") return core::KmsMethod::kDecrypt;
  return std::nullopt;
}

std::shared_ptr<Rpc> KmsRpcService::Serve(const Request& request, Caller& caller) {
  const std::optional<uid_t> peer = connections_.RpcArrived(PeerDescriptor(request.peer));
  const RequestBytes message(request.message);
  auto rpc = std::make_shared<Rpc>(request.method, request.deadline, caller, rpcs_, telemetry_);
  try {
    auto place = rpcs_.Admit(request.method, peer, rpc);
    if (!place) {
      rpc->Fail(place.error());
      return rpc;
    }
    rpc->Hold(*std::move(place));
    if (request.message.Length() > core::kMaxMessageBytes) {
      rpc->Fail(core::RequestTooLarge());
      return rpc;
    }
    switch (request.method) {
      case core::KmsMethod::kStatus:
        Status(rpc, message.view());
        break;
      case core::KmsMethod::kEncrypt:
        Encrypt(rpc, message.view());
        break;
      case core::KmsMethod::kDecrypt:
        Decrypt(rpc, message.view());
        break;
    }
  } catch (...) {
    rpc->FailWithCurrentException();
  }
  return rpc;
}

void KmsRpcService::Status(const std::shared_ptr<Rpc>& rpc, std::string_view message) {
  if (const auto parsed = ParseStatus(message); !parsed) return rpc->Fail(parsed.error());
  const auto reply = EncodeStatus(service_.Status());
  if (!reply) return rpc->Fail(reply.error());
  rpc->Succeed(ToBuffer(*reply), {});
}

void KmsRpcService::Encrypt(const std::shared_ptr<Rpc>& rpc, std::string_view message) {
  auto parsed = ParseEncrypt(message);
  if (!parsed) return rpc->Fail(parsed.error());
  if (telemetry_.TellsUids()) rpc->set_uid(std::move(parsed->uid));
  rpc->Await(service_.Encrypt(std::move(parsed->plaintext),
                              Answer<core::EncryptReply>(rpc, EncodeEncrypt)));
}

void KmsRpcService::Decrypt(const std::shared_ptr<Rpc>& rpc, std::string_view message) {
  auto parsed = ParseDecrypt(message);
  if (!parsed) return rpc->Fail(parsed.error());
  if (telemetry_.TellsUids()) rpc->set_uid(std::move(parsed->uid));
  rpc->Await(
      service_.Decrypt(std::move(parsed->request), Answer<core::DecryptReply>(rpc, EncodeDecrypt)));
}

}  // namespace baokms::adapters::grpc_kms
