// Transit's JSON: bodies of requests, and the replies as OpenBao 2.5 writes them.
#include <benchmark/benchmark.h>

#include <memory>

#include "adapters/transit_http/openbao/openbao_replies.h"
#include "adapters/transit_http/openbao/request_bodies.h"
#include "tests/bench/micro/a_key.h"

namespace baokms::testing {
namespace {

namespace transit_http = adapters::transit_http;

std::string Reply(const std::string& data) {
  return R"({"request_id":"3c1a9b52-7d1e-4b6f-9c55-0e6b8a1f2d34","lease_id":"","renewable":false,)"
         R"("lease_duration":0,"data":{)" +
         data +
         R"(},"wrap_info":null,"warnings":null,"auth":null})"
         "\n";
}

void BuildEncryptBody(benchmark::State& state) {
  const ports::TransitEncryptRequest request{.plaintext = core::Secret::Copy(std::string(32, 'x')),
                                             .version = core::TransitKeyVersion::First(),
                                             .aad = std::make_shared<const core::Aad>(AnAad())};
  for (auto _ : state) benchmark::DoNotOptimize(transit_http::EncryptBody(request));
}
BENCHMARK(BuildEncryptBody);

void BuildDecryptBody(benchmark::State& state) {
  const ports::TransitDecryptRequest request{.ciphertext = core::Ciphertext(ACiphertext()),
                                             .aad = std::make_shared<const core::Aad>(AnAad())};
  for (auto _ : state) benchmark::DoNotOptimize(transit_http::DecryptBody(request));
}
BENCHMARK(BuildDecryptBody);

void ReadEncryptReply(benchmark::State& state) {
  const std::string body = Reply(R"("ciphertext":")" + ACiphertext() + R"(","key_version":1)");
  for (auto _ : state) {
    auto reply = transit_http::ReadEncryptReply(body, core::TransitKeyVersion::First());
    if (!reply.result) state.SkipWithError("not the reply that was meant");
    benchmark::DoNotOptimize(reply);
  }
}
BENCHMARK(ReadEncryptReply);

void ReadDecryptReply(benchmark::State& state) {
  const std::string body =
      Reply(R"("plaintext":")" + core::Base64Encode(std::string(32, 'x')) + R"(")");
  for (auto _ : state) {
    auto reply = transit_http::ReadDecryptReply(body);
    if (!reply.result) state.SkipWithError("not the reply that was meant");
    benchmark::DoNotOptimize(reply);
  }
}
BENCHMARK(ReadDecryptReply);

}  // namespace
}  // namespace baokms::testing
