#include "tests/support/kms_client/load.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

#include "adapters/grpc_kms/kms.grpc.pb.h"

namespace baokms::testing {
namespace {

using std::chrono::steady_clock;

class Worker {
 public:
  Worker(const Arguments& arguments, const v2::EncryptResponse& sealed)
      : arguments_(arguments), sealed_(sealed), random_(std::random_device{}()) {
    grpc::ChannelArguments channel;
    channel.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub_ = v2::KeyManagementService::NewStub(grpc::CreateCustomChannel(
        "unix:" + arguments.socket, grpc::InsecureChannelCredentials(), channel));
  }

  void Once() {
    grpc::Status result;
    if (arguments_.command == "status") {
      result = Status();
    } else if (arguments_.command == "encrypt") {
      result = Encrypt(NextPlaintext());
    } else if (arguments_.command == "decrypt") {
      result = Decrypt(sealed_);
    } else {
      const std::string plaintext = NextPlaintext();
      result = Encrypt(plaintext);
      if (result.ok()) result = Decrypt(mine.sealed);
      if (result.ok() && mine.plaintext != plaintext) {
        result = {grpc::StatusCode::DATA_LOSS, "decrypt returned another plaintext"};
      }
    }
    if (result.ok()) {
      ++mine.ok;
    } else if (mine.failed++ == 0) {
      mine.first_failure = result;
    }
  }

  Outcome mine;

 private:
  template <typename Call>
  grpc::Status Timed(std::vector<double>& samples, Call call) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(arguments_.timeout_ms));
    const auto start = steady_clock::now();
    grpc::Status status = call(context);
    samples.push_back(
        std::chrono::duration<double, std::milli>(steady_clock::now() - start).count());
    return status;
  }
  grpc::Status Status() {
    return Timed(mine.status_ms,
                 [&](auto& context) { return stub_->Status(&context, {}, &mine.status); });
  }
  grpc::Status Encrypt(const std::string& plaintext) {
    v2::EncryptRequest request;
    request.set_plaintext(plaintext);
    request.set_uid(arguments_.uid);
    return Timed(mine.encrypt_ms,
                 [&](auto& context) { return stub_->Encrypt(&context, request, &mine.sealed); });
  }
  grpc::Status Decrypt(const v2::EncryptResponse& sealed) {
    v2::DecryptRequest request;
    request.set_ciphertext(sealed.ciphertext());
    request.set_key_id(sealed.key_id());
    request.set_uid(arguments_.uid);
    *request.mutable_annotations() = sealed.annotations();
    v2::DecryptResponse reply;
    grpc::Status status = Timed(
        mine.decrypt_ms, [&](auto& context) { return stub_->Decrypt(&context, request, &reply); });
    mine.plaintext = reply.plaintext();
    return status;
  }
  std::string NextPlaintext() {
    if (!arguments_.plaintext.empty()) return arguments_.plaintext;
    std::string bytes(arguments_.size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }

  const Arguments& arguments_;
  const v2::EncryptResponse& sealed_;
  std::mt19937 random_;
  std::unique_ptr<v2::KeyManagementService::Stub> stub_;
};

void Append(std::vector<double>& all, const std::vector<double>& some) {
  all.insert(all.end(), some.begin(), some.end());
}

}  // namespace

Outcome RunLoad(const Arguments& arguments, const v2::EncryptResponse& sealed) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  Outcome all;
  const auto start = steady_clock::now();
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < arguments.threads; ++t) {
    threads.emplace_back([&] {
      Worker worker(arguments, sealed);
      while (next.fetch_add(1) < arguments.count) worker.Once();
      const std::lock_guard lock(mutex);
      Outcome& mine = worker.mine;
      if (all.failed == 0 && mine.failed > 0) all.first_failure = mine.first_failure;
      all.ok += mine.ok;
      all.failed += mine.failed;
      Append(all.status_ms, mine.status_ms);
      Append(all.encrypt_ms, mine.encrypt_ms);
      Append(all.decrypt_ms, mine.decrypt_ms);
      if (mine.ok > 0) {
        all.status = mine.status;
        all.sealed = mine.sealed;
        all.plaintext = mine.plaintext;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  all.seconds = std::chrono::duration<double>(steady_clock::now() - start).count();
  std::ranges::sort(all.status_ms);
  std::ranges::sort(all.encrypt_ms);
  std::ranges::sort(all.decrypt_ms);
  return all;
}

double Percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(share * last)];
}

}  // namespace baokms::testing
