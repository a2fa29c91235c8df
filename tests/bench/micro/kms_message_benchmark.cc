// KMS v2 messages from and to bytes.
#include <benchmark/benchmark.h>

#include "adapters/grpc_kms/kms.pb.h"
#include "adapters/grpc_kms/message_codec.h"
#include "tests/bench/micro/a_key.h"

namespace baokms::testing {
namespace {

namespace grpc_kms = adapters::grpc_kms;

constexpr const char* kUid = "7f0c2b1e-3d4a-4b5c-8d6e-9f0a1b2c3d4e";

std::string EncryptMessage() {
  v2::EncryptRequest request;
  request.set_plaintext(std::string(32, 'x'));
  request.set_uid(kUid);
  return request.SerializeAsString();
}

std::string DecryptMessage() {
  v2::DecryptRequest request;
  request.set_ciphertext(ACiphertext());
  request.set_uid(kUid);
  request.set_key_id(AKeyId().str());
  for (const auto& [key, value] : SomeAnnotations()) {
    auto* entry = request.add_annotations();
    entry->set_key(key);
    entry->set_value(value);
  }
  return request.SerializeAsString();
}

void ParseEncrypt(benchmark::State& state) {
  const std::string message = EncryptMessage();
  for (auto _ : state) benchmark::DoNotOptimize(grpc_kms::ParseEncrypt(message));
}
BENCHMARK(ParseEncrypt);

void ParseDecrypt(benchmark::State& state) {
  const std::string message = DecryptMessage();
  for (auto _ : state) benchmark::DoNotOptimize(grpc_kms::ParseDecrypt(message));
}
BENCHMARK(ParseDecrypt);

void EncodeStatus(benchmark::State& state) {
  const core::StatusReply reply{.healthy = true, .key_id = AKeyId().str()};
  for (auto _ : state) benchmark::DoNotOptimize(grpc_kms::EncodeStatus(reply));
}
BENCHMARK(EncodeStatus);

void EncodeEncrypt(benchmark::State& state) {
  const core::EncryptReply reply{
      .ciphertext = core::Ciphertext(ACiphertext()),
      .key_id = AKeyId(),
      .annotations = std::make_shared<const core::Annotations>(SomeAnnotations())};
  for (auto _ : state) benchmark::DoNotOptimize(grpc_kms::EncodeEncrypt(reply));
}
BENCHMARK(EncodeEncrypt);

void EncodeDecrypt(benchmark::State& state) {
  const core::DecryptReply reply{.plaintext = core::Secret::Copy(std::string(32, 'x'))};
  for (auto _ : state) benchmark::DoNotOptimize(grpc_kms::EncodeDecrypt(reply));
}
BENCHMARK(EncodeDecrypt);

}  // namespace
}  // namespace baokms::testing
