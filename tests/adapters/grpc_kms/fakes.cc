#include "tests/adapters/grpc_kms/fakes.h"

#include <grpcpp/generic/generic_stub.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace baokms::adapters::grpc_kms::testing {

using std::chrono::steady_clock;

void KmsTelemetry::KmsRequestStarted(core::KmsMethod) {
  if (on_started) on_started();
  const std::lock_guard lock(mutex_);
  ++started_;
}

void KmsTelemetry::KmsRequestFinished(const ports::KmsRequestEvent& event) {
  if (on_finished) on_finished();
  const std::lock_guard lock(mutex_);
  finished_.push_back({event.method, event.error, event.duration, std::string(event.key_id_hash),
                       event.transit_key_version, std::string(event.uid),
                       std::string(event.panic_type)});
  changed_.notify_all();
}

std::size_t KmsTelemetry::started() {
  const std::lock_guard lock(mutex_);
  return started_;
}

std::vector<KmsTelemetry::Finished> KmsTelemetry::finished() {
  const std::lock_guard lock(mutex_);
  return finished_;
}

std::optional<KmsTelemetry::Finished> KmsTelemetry::WaitFinished(std::size_t count) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(5), [&] { return finished_.size() >= count; }))
    return std::nullopt;
  return finished_[count - 1];
}

class FakeKmsService::Pending final : public ports::PendingCall {
 public:
  explicit Pending(FakeKmsService& service) : service_(service) {}
  void Abandon() override {
    const std::lock_guard lock(service_.mutex_);
    ++service_.abandoned_;
    service_.changed_.notify_all();
  }

 private:
  FakeKmsService& service_;
};

core::StatusReply FakeKmsService::Status() {
  return status ? status() : core::StatusReply{.healthy = true, .key_id = SomeKeyId().str()};
}

std::unique_ptr<ports::PendingCall> FakeKmsService::Encrypt(
    core::Secret plaintext, ports::KmsCompletion<core::EncryptReply> done) {
  if (!hold) {
    done(encrypt(plaintext.ExposeSecret()));
  } else {
    const std::lock_guard lock(mutex_);
    encrypts_.push_back(std::move(done));
    changed_.notify_all();
  }
  return std::make_unique<Pending>(*this);
}

std::unique_ptr<ports::PendingCall> FakeKmsService::Decrypt(
    core::DecryptRequest request, ports::KmsCompletion<core::DecryptReply> done) {
  if (!hold) {
    auto outcome = decrypt(request);
    {
      const std::lock_guard lock(mutex_);
      last_decrypt = std::move(request);
    }
    done(std::move(outcome));
  } else {
    const std::lock_guard lock(mutex_);
    decrypts_.push_back(std::move(done));
    changed_.notify_all();
  }
  return std::make_unique<Pending>(*this);
}

bool FakeKmsService::WaitHeld(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(5),
                           [&] { return encrypts_.size() + decrypts_.size() >= count; });
}

std::vector<ports::KmsCompletion<core::EncryptReply>> FakeKmsService::TakeEncrypts() {
  const std::lock_guard lock(mutex_);
  return std::exchange(encrypts_, {});
}

std::vector<ports::KmsCompletion<core::DecryptReply>> FakeKmsService::TakeDecrypts() {
  const std::lock_guard lock(mutex_);
  return std::exchange(decrypts_, {});
}

bool FakeKmsService::WaitAbandoned(int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(5), [&] { return abandoned_ >= count; });
}

core::KmsOutcome<core::EncryptReply> FakeKmsService::GoodEncrypt(std::string_view) {
  return {
      .result = core::EncryptReply{.ciphertext = core::Ciphertext("vault:v3:c2VhbGVk"),
                                   .key_id = SomeKeyId(),
                                   .annotations = std::make_shared<const core::Annotations>(
                                       core::Annotations{{"a.example.org", "1"}, {"b.org", ""}})},
      .key_id_hash = "hash-of-key-id",
      .transit_key_version = 3};
}

core::KmsOutcome<core::DecryptReply> FakeKmsService::GoodDecrypt(const core::DecryptRequest&) {
  return {.result = core::DecryptReply{core::Secret::Copy("opened plaintext")},
          .key_id_hash = "hash-of-key-id",
          .transit_key_version = 3};
}

TempDirectory::TempDirectory() {
  std::string name = "/tmp/kms-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = name;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Client::Client(const std::string& socket_path) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetMaxSendMessageSize(-1);
  channel_ = grpc::CreateCustomChannel("unix:" + socket_path, grpc::InsecureChannelCredentials(),
                                       arguments);
  stub_ = v2::KeyManagementService::NewStub(channel_);
}

Seen Client::Send(const std::string& method, const std::string& bytes) {
  grpc::GenericStub stub(channel_);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  grpc::CompletionQueue queue;
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  auto rpc = stub.PrepareUnaryCall(&context, "/v2.KeyManagementService/" + method, request, &queue);
  rpc->StartCall();
  grpc::ByteBuffer reply;
  Seen seen;
  rpc->Finish(&reply, &seen.status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  std::vector<grpc::Slice> slices;
  if (reply.Valid() && reply.Dump(&slices).ok()) {
    for (const auto& part : slices) {
      seen.bytes.append(reinterpret_cast<const char*>(part.begin()), part.size());
    }
  }
  return seen;
}

grpc::Status Client::Status(milliseconds timeout) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + timeout);
  v2::StatusResponse reply;
  return stub_->Status(&context, {}, &reply);
}

grpc::Status Client::Encrypt(const std::string& plaintext, v2::EncryptResponse* reply) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  v2::EncryptRequest request;
  request.set_plaintext(plaintext);
  v2::EncryptResponse unused;
  return stub_->Encrypt(&context, request, reply != nullptr ? reply : &unused);
}

void Harness::Start() {
  auto started = KmsServer::Start(options, service, telemetry);
  if (!started) throw std::runtime_error(std::string(Message(started.error())));
  server = std::move(*started);
}

Harness::~Harness() {
  if (server) server->Shutdown(milliseconds(0));
}

core::KeyId SomeKeyId() { return core::KeyId::FromDigest(std::string(32, 'k')); }

bool Exists(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0;
}

posix::Descriptor ConnectTo(const std::string& path) {
  posix::Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return {};
  }
  return fd;
}

bool ClosedWithin(int fd, milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || ::poll(&entry, 1, static_cast<int>(left.count())) <= 0) return false;
    std::array<char, 4096> thrown_away;
    if (::recv(fd, thrown_away.data(), thrown_away.size(), MSG_DONTWAIT) <= 0) return true;
  }
}

bool Eventually(const std::function<bool()>& condition, milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  while (!condition()) {
    if (steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

}  // namespace baokms::adapters::grpc_kms::testing
