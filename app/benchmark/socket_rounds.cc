#include "app/benchmark/socket_rounds.h"

#include <chrono>

#include "adapters/grpc_kms/kms_socket_client.h"
#include "app/benchmark/benchmark_data.h"

namespace baokms::app {
namespace {

using adapters::grpc_kms::KmsSocketClient;
using std::chrono::steady_clock;

// A kube-apiserver with the timeout of our EncryptionConfigurations waits no longer.
KmsSocketClient::Deadline CallDeadline() {
  return std::chrono::system_clock::now() + std::chrono::seconds(3);
}

std::string Describe(std::string_view call, core::RpcCode code) {
  std::string text(call);
  text.append(": gRPC ").append(core::Name(code));
  return text +
         (code == core::RpcCode::kResourceExhausted
              ? ": the provider is at its limits (server.maxConcurrent*): lower --concurrency"
              : ": run `bao-kms-provider probe`, and doctor on this node");
}

void MakeRounds(const std::string& socket_path, BenchmarkTally& tally) {
  const KmsSocketClient client(socket_path);
  while (tally.Take()) {
    const std::string text = BenchmarkText();
    const auto began = steady_clock::now();
    const auto sealed = client.Encrypt(text, CallDeadline());
    const auto between = steady_clock::now();
    if (!sealed) return tally.Fail(Describe("Encrypt", sealed.error()));
    const auto opened = client.Decrypt(*sealed, CallDeadline());
    const auto ended = steady_clock::now();
    if (!opened) return tally.Fail(Describe("Decrypt", opened.error()));
    if (*opened != text) {
      return tally.Fail(
          "Decrypt: the plaintext differs from what was encrypted: report this as a defect");
    }
    tally.Add(between - began, ended - between);
  }
}

}  // namespace

std::string NotMeasuredAdvice(const std::string& socket_path) {
  const auto status = KmsSocketClient(socket_path).Status(CallDeadline());
  if (!status) {
    return "no provider answers on server.socketPath: start it, or run this as a user that may use "
           "the socket; `bao-kms-provider probe` shows what is wrong";
  }
  if (status->healthz != "ok") {
    return "the provider is not healthy: run doctor on this node";
  }
  return {};
}

SocketRounds::SocketRounds(const std::string& socket_path, std::size_t concurrency,
                           const std::shared_ptr<BenchmarkTally>& tally) {
  threads_.reserve(concurrency);
  for (std::size_t i = 0; i < concurrency; ++i) {
    threads_.emplace_back([socket_path, tally] { MakeRounds(socket_path, *tally); });
  }
}

}  // namespace baokms::app
