// What etcd keeps and OpenBao authenticates: key_id, AAD, annotations; base64.
#include <benchmark/benchmark.h>

#include "core/model/secret.h"
#include "tests/bench/micro/a_key.h"

namespace baokms::testing {
namespace {

void DeriveKeyId(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(AKeyId());
}
BENCHMARK(DeriveKeyId);

void ParseKeyId(benchmark::State& state) {
  const std::string text = AKeyId().str();
  for (auto _ : state) benchmark::DoNotOptimize(core::KeyId::Parse(text));
}
BENCHMARK(ParseKeyId);

void BuildAad(benchmark::State& state) {
  const core::KeyId key_id = AKeyId();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        core::BuildAad(AnIdentity(), core::TransitKeyVersion::First(), key_id));
  }
}
BENCHMARK(BuildAad);

void BuildAnnotations(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(SomeAnnotations());
}
BENCHMARK(BuildAnnotations);

void CheckAnnotations(benchmark::State& state) {
  const core::Annotations annotations = SomeAnnotations();
  for (auto _ : state) {
    benchmark::DoNotOptimize(core::CheckAnnotationsForm(annotations));
    benchmark::DoNotOptimize(core::CheckAnnotationsMatch(annotations, annotations));
  }
}
BENCHMARK(CheckAnnotations);

void EncodeBase64(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(core::Base64Encode(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(EncodeBase64)->Arg(32)->Arg(512)->Arg(16384);

void DecodeBase64(benchmark::State& state) {
  const std::string text =
      core::Base64Encode(std::string(static_cast<std::size_t>(state.range(0)), 'x'));
  for (auto _ : state) benchmark::DoNotOptimize(core::Base64DecodeSecret(text));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(DecodeBase64)->Arg(32)->Arg(512)->Arg(16384);

}  // namespace
}  // namespace baokms::testing
