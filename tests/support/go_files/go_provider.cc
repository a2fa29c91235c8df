#include "tests/support/go_files/go_provider.h"

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "adapters/grpc_kms/kms.grpc.pb.h"
#include "tests/support/go_files/go_sealed.h"
#include "tests/support/harness/harness_error.h"

namespace baokms::testing {

struct GoProvider::Service final : v2::KeyManagementService::Service {
  Service(const OpenBaoSetup& openbao, GoState known, std::string path)
      : setup(openbao), state(std::move(known)), socket(std::move(path)) {
    for (const GoRecord& record : state.records) {
      if (record.state == "active") active = record;
    }
    key_id = KeyIdOf(active);
  }

  std::string KeyIdOf(const GoRecord& record) const {
    return GoKeyId(state.identity, record.version, record.created_at);
  }

  grpc::Status Status(grpc::ServerContext*, const v2::StatusRequest*,
                      v2::StatusResponse* reply) override {
    reply->set_version("v2");
    reply->set_healthz("ok");
    reply->set_key_id(key_id);
    return grpc::Status::OK;
  }

  grpc::Status Encrypt(grpc::ServerContext*, const v2::EncryptRequest* request,
                       v2::EncryptResponse* reply) override {
    const SealedObject sealed =
        SealAsGo(setup, state.identity, active.version, active.created_at, request->plaintext());
    reply->set_ciphertext(sealed.ciphertext);
    reply->set_key_id(sealed.key_id);
    for (const auto& [key, value] : sealed.annotations) {
      auto* entry = reply->add_annotations();
      entry->set_key(key);
      entry->set_value(value);
    }
    ++encrypts;
    return grpc::Status::OK;
  }

  grpc::Status Decrypt(grpc::ServerContext*, const v2::DecryptRequest* request,
                       v2::DecryptResponse* reply) override {
    const auto record = std::ranges::find_if(state.records, [&](const GoRecord& candidate) {
      return KeyIdOf(candidate) == request->key_id();
    });
    if (record == state.records.end()) return {grpc::StatusCode::NOT_FOUND, "no such key_id"};
    SealedObject sealed{.ciphertext = request->ciphertext(), .key_id = request->key_id()};
    for (const auto& entry : request->annotations()) {
      sealed.annotations[entry.key()] = entry.value();
    }
    auto expected = GoAnnotations(state.identity, record->version, request->key_id());
    // Which program wrote it is free.
    const char* version = "plugin-version.kms.openbao.org";
    expected[version] = sealed.annotations[version];
    if (sealed.annotations != expected) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "these are not its annotations"};
    }
    reply->set_plaintext(OpenAsGo(setup, state.identity, record->version, sealed));
    if (reply->plaintext().empty()) return {grpc::StatusCode::INTERNAL, "it does not decrypt"};
    ++decrypts;
    return grpc::Status::OK;
  }

  const OpenBaoSetup& setup;
  const GoState state;
  const std::string socket;
  GoRecord active;
  std::string key_id;
  std::atomic<int> encrypts = 0, decrypts = 0;
  std::unique_ptr<grpc::Server> server;
};

GoProvider::GoProvider(const OpenBaoSetup& setup, GoState state, std::string socket)
    : service_(std::make_unique<Service>(setup, std::move(state), std::move(socket))) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + service_->socket, grpc::InsecureServerCredentials());
  builder.RegisterService(service_.get());
  service_->server = builder.BuildAndStart();
  if (!service_->server) throw HarnessError("cannot listen on " + service_->socket);
}

GoProvider::~GoProvider() {
  service_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
  service_->server.reset();
  unlink(service_->socket.c_str());
}

const std::string& GoProvider::key_id() const { return service_->key_id; }
int GoProvider::encrypts() const { return service_->encrypts; }
int GoProvider::decrypts() const { return service_->decrypts; }

}  // namespace baokms::testing
