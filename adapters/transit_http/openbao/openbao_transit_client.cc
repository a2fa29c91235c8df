#include "adapters/transit_http/openbao/openbao_transit_client.h"

#include <utility>

#include "adapters/transit_http/openbao/openbao_headers.h"
#include "adapters/transit_http/openbao/openbao_path.h"
#include "adapters/transit_http/openbao/request_bodies.h"

namespace baokms::adapters::transit_http {
namespace {

using core::OpenBaoOperation;

// Key metadata of many versions; an error reply under the same bound (wire-contract.md, "Limits").
constexpr std::size_t kMaxMetadataBytes = std::size_t{4} * 1024 * 1024;

ports::HttpRequest Get(const std::string& path, const ports::TokenRef& token,
                       core::MonotonicTime deadline) {
  ports::HttpRequest request;
  request.path = path;
  request.credential_header = OpenBaoTokenHeader(*token);
  request.identity_if_wanted = token->presented;
  request.deadline = deadline;
  return request;
}

ports::HttpRequest Post(const std::string& path, core::Secret body, const ports::TokenRef& token,
                        core::MonotonicTime deadline) {
  ports::HttpRequest request = Get(path, token, deadline);
  request.method = ports::HttpMethod::kPost;
  request.body = std::move(body);
  return request;
}

// A probe finds out whether a call by itself works.
void MayShare(ports::HttpRequest& post, core::Lane lane,
              const std::shared_ptr<const TransitBatch>& batch, const core::HeldToken& token) {
  post.lane = lane;
  if (lane == core::Lane::kProbe) return;
  post.batch = batch;
  post.batch_group = token.generation;
}

}  // namespace

OpenBaoTransitClient::OpenBaoTransitClient(const Options& options,
                                           const OpenBaoRequestContext& context)
    : encrypt_path_(OpenBaoPath(options.mount_path, "encrypt", options.key_name)),
      decrypt_path_(OpenBaoPath(options.mount_path, "decrypt", options.key_name)),
      metadata_path_(OpenBaoPath(options.mount_path, "keys", options.key_name)),
      key_config_path_(OpenBaoPath(options.mount_path, "config/keys")),
      context_(context),
      encrypt_batch_(std::make_shared<TransitBatch>(OpenBaoOperation::kTransitBatchEncrypt,
                                                    context.telemetry)),
      decrypt_batch_(std::make_shared<TransitBatch>(OpenBaoOperation::kTransitBatchDecrypt,
                                                    context.telemetry)) {}

std::unique_ptr<ports::PendingCall> OpenBaoTransitClient::Encrypt(
    ports::TokenRef token, ports::TransitEncryptRequest request, core::MonotonicTime deadline,
    ports::Completion<core::Ciphertext> done) {
  const auto read = [version = request.version](std::string_view body) {
    return ReadEncryptReply(body, version);
  };
  ports::HttpRequest post = Post(encrypt_path_, EncryptBody(request), token, deadline);
  MayShare(post, request.lane, encrypt_batch_, *token);
  return SendOpenBaoRequest(context_, OpenBaoOperation::kTransitEncrypt, std::move(post), read,
                            std::move(done));
}

std::unique_ptr<ports::PendingCall> OpenBaoTransitClient::Decrypt(
    ports::TokenRef token, ports::TransitDecryptRequest request, core::MonotonicTime deadline,
    ports::Completion<core::Secret> done) {
  ports::HttpRequest post = Post(decrypt_path_, DecryptBody(request), token, deadline);
  MayShare(post, request.lane, decrypt_batch_, *token);
  return SendOpenBaoRequest(context_, OpenBaoOperation::kTransitDecrypt, std::move(post),
                            ReadDecryptReply, std::move(done));
}

std::unique_ptr<ports::PendingCall> OpenBaoTransitClient::ReadKeyMetadata(
    ports::TokenRef token, core::MonotonicTime deadline,
    ports::Completion<core::TransitKeyMetadata> done) {
  ports::HttpRequest request = Get(metadata_path_, std::move(token), deadline);
  request.max_reply_bytes = kMaxMetadataBytes;
  request.max_error_bytes = kMaxMetadataBytes;
  return SendOpenBaoRequest(context_, OpenBaoOperation::kTransitMetadataRead, std::move(request),
                            ReadKeyMetadataReply, std::move(done));
}

std::unique_ptr<ports::PendingCall> OpenBaoTransitClient::ReadDisableUpsert(
    ports::TokenRef token, core::MonotonicTime deadline, ports::Completion<bool> done) {
  return SendOpenBaoRequest(context_, OpenBaoOperation::kTransitDisableUpsertRead,
                            Get(key_config_path_, std::move(token), deadline),
                            ReadDisableUpsertReply, std::move(done));
}

std::unique_ptr<ports::PendingCall> OpenBaoTransitClient::ReadCapabilities(
    ports::TokenRef token, std::vector<std::string> paths, core::MonotonicTime deadline,
    ports::Completion<std::map<std::string, std::vector<std::string>>> done) {
  core::Secret body = CapabilitiesBody(paths);
  const auto read = [paths = std::move(paths)](std::string_view reply) {
    return ReadCapabilitiesReply(reply, paths);
  };
  return SendOpenBaoRequest(
      context_, OpenBaoOperation::kCapabilitiesSelf,
      Post("/v1/sys/capabilities-self", std::move(body), std::move(token), deadline), read,
      std::move(done));
}

}  // namespace baokms::adapters::transit_http
