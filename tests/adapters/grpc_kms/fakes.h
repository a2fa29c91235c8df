// Doubles of the ports, a server on a socket of its own, and clients for it.
#pragma once

#include <grpcpp/grpcpp.h>
#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/grpc_kms/kms.grpc.pb.h"
#include "adapters/grpc_kms/kms_server.h"
#include "adapters/posix/descriptor.h"
#include "ports/kms_service.h"
#include "ports/null_telemetry.h"

namespace baokms::adapters::grpc_kms::testing {

using std::chrono::milliseconds;

class KmsTelemetry final : public ports::NullTelemetry {
 public:
  struct Finished {
    core::KmsMethod method{};
    std::optional<core::Error> error;
    core::Duration duration{};
    std::string key_id_hash;
    std::int64_t version = 0;
    std::string uid;
    std::string panic_type;
  };

  bool TellsUids() const override { return tells_uids; }
  void KmsRequestStarted(core::KmsMethod method) override;
  void KmsRequestFinished(const ports::KmsRequestEvent& event) override;
  void StaleSocketRemoved() override { ++stale_removed; }
  void DecryptShared() override { ++shared; }

  std::size_t started();
  std::vector<Finished> finished();
  // Waits up to 5 s for that many; the last of them.
  std::optional<Finished> WaitFinished(std::size_t count);

  std::function<void()> on_started;  // called first in KmsRequestStarted
  std::function<void()> on_finished;
  int stale_removed = 0;
  std::atomic<int> shared = 0;  // answers from another request's call
  std::atomic<bool> tells_uids = true;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t started_ = 0;
  std::vector<Finished> finished_;
};

// Answers at once from `status`, `encrypt` and `decrypt`; while `hold` is set it keeps the
// completions instead.
class FakeKmsService final : public ports::KmsService {
 public:
  core::StatusReply Status() override;
  std::unique_ptr<ports::PendingCall> Encrypt(
      core::Secret plaintext, ports::KmsCompletion<core::EncryptReply> done) override;
  std::unique_ptr<ports::PendingCall> Decrypt(
      core::DecryptRequest request, ports::KmsCompletion<core::DecryptReply> done) override;

  // Waits up to 5 s for that many held requests.
  bool WaitHeld(std::size_t count);
  std::vector<ports::KmsCompletion<core::EncryptReply>> TakeEncrypts();
  std::vector<ports::KmsCompletion<core::DecryptReply>> TakeDecrypts();
  bool WaitAbandoned(int count);

  static core::KmsOutcome<core::EncryptReply> GoodEncrypt(std::string_view plaintext);
  static core::KmsOutcome<core::DecryptReply> GoodDecrypt(const core::DecryptRequest& request);

  bool hold = false;
  std::function<core::StatusReply()> status;
  std::function<core::KmsOutcome<core::EncryptReply>(std::string_view)> encrypt = GoodEncrypt;
  std::function<core::KmsOutcome<core::DecryptReply>(const core::DecryptRequest&)> decrypt =
      GoodDecrypt;
  core::DecryptRequest last_decrypt;

 private:
  class Pending;
  std::mutex mutex_;
  std::condition_variable changed_;
  int abandoned_ = 0;
  std::vector<ports::KmsCompletion<core::EncryptReply>> encrypts_;
  std::vector<ports::KmsCompletion<core::DecryptReply>> decrypts_;
};

class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// What a client saw of one RPC.
struct Seen {
  grpc::Status status;
  std::string bytes;
};

class Client {
 public:
  explicit Client(const std::string& socket_path);
  const std::shared_ptr<grpc::Channel>& channel() { return channel_; }
  v2::KeyManagementService::Stub& stub() { return *stub_; }
  // Raw message bytes to one method ("Encrypt"), with a deadline of 10 s.
  Seen Send(const std::string& method, const std::string& bytes);
  grpc::Status Status(milliseconds timeout = milliseconds(10'000));
  grpc::Status Encrypt(const std::string& plaintext, v2::EncryptResponse* reply = nullptr);

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v2::KeyManagementService::Stub> stub_;
};

class Harness {
 public:
  Harness() { options.socket_path = directory.File("kms.sock"); }
  void Start();
  ~Harness();

  TempDirectory directory;
  ServerOptions options;
  KmsTelemetry telemetry;
  FakeKmsService service;
  std::unique_ptr<KmsServer> server;
};

core::KeyId SomeKeyId();
// Without following a symlink.
bool Exists(const std::string& path);
// A raw connection; invalid when refused.
posix::Descriptor ConnectTo(const std::string& path);
// True when the peer closed within `limit`; what it sent before is thrown away.
bool ClosedWithin(int fd, milliseconds limit);
bool Eventually(const std::function<bool()>& condition, milliseconds limit = milliseconds(5000));

}  // namespace baokms::adapters::grpc_kms::testing
