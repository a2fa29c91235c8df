// Decrypts through the provider's socket beside the same decrypts sent straight to Transit, in one
// run and turn by turn, because a shared machine's speed drifts: the ratios are what counts.
#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/text/base64.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/emulator_under_test.h"
#include "tests/support/harness/kms_stub.h"
#include "tests/support/harness/openbao_setup.h"
#include "tests/support/harness/provider_config.h"
#include "tests/support/harness/provider_process.h"
#include "tests/support/harness/real_openbao.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {
namespace {

using std::chrono::steady_clock;

constexpr int kRounds = 10;
constexpr int kCallsEachRound = 200;
constexpr auto kThroughputTime = std::chrono::seconds(3);

std::size_t Discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

// One warm HTTP/1.1 connection that decrypts one ciphertext, as lean as a client can be.
class RawTransit {
 public:
  RawTransit(const OpenBaoUnderTest& openbao, const OpenBaoSetup& setup, const std::string& token)
      : curl_(curl_easy_init()) {
    const std::string base = openbao.address() + "/v1/" + setup.options().transit_mount;
    const std::string key = setup.options().key_name;
    const auto sealed = openbao.Call(
        "POST", setup.options().transit_mount + "/encrypt/" + key,
        {{"plaintext", core::Base64Encode(std::string(32, 'x'))}, {"key_version", 1}}, token);
    body_ = Json{{"ciphertext", sealed.data().at("ciphertext")}}.dump();
    headers_ = curl_slist_append(headers_, ("X-Vault-Token: " + token).c_str());
    headers_ = curl_slist_append(headers_, "Content-Type: application/json");
    curl_easy_setopt(curl_, CURLOPT_URL, (base + "/decrypt/" + key).c_str());
    curl_easy_setopt(curl_, CURLOPT_CAINFO, openbao.ca_file().c_str());
    curl_easy_setopt(curl_, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body_.c_str());
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &Discard);
  }
  ~RawTransit() {
    curl_easy_cleanup(curl_);
    curl_slist_free_all(headers_);
  }
  RawTransit(const RawTransit&) = delete;
  RawTransit& operator=(const RawTransit&) = delete;

  bool Decrypt() {
    long status = 0;
    return curl_easy_perform(curl_) == CURLE_OK &&
           curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status == 200;
  }

 private:
  CURL* curl_;
  curl_slist* headers_ = nullptr;
  std::string body_;
};

struct Samples {
  std::vector<double> ms;
  int failed = 0;

  template <typename Call>
  void Take(Call call) {
    for (int i = 0; i < kCallsEachRound; ++i) {
      const auto began = steady_clock::now();
      if (!call()) ++failed;
      ms.push_back(std::chrono::duration<double, std::milli>(steady_clock::now() - began).count());
    }
  }
  double At(double share) {
    std::ranges::sort(ms);
    return ms[static_cast<std::size_t>(share * static_cast<double>(ms.size() - 1))];
  }
  void Print(const char* name) {
    std::printf("%-28s p50 %.3f ms  p99 %.3f ms  failed %d\n", name, At(0.5), At(0.99), failed);
  }
};

// Calls a second of `threads` threads, each with what `make` gives it.
template <typename Make>
double Throughput(int threads, Make make) {
  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> calls = 0;
  std::vector<std::thread> running;
  const auto began = steady_clock::now();
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      auto call = make();
      while (!stop) {
        if (call()) ++calls;
      }
    });
  }
  std::this_thread::sleep_for(kThroughputTime);
  stop = true;
  for (std::thread& thread : running) thread.join();
  return static_cast<double>(calls) /
         std::chrono::duration<double>(steady_clock::now() - began).count();
}

// What the program's own `benchmark` makes of the same two.
void PrintBenchmark(const ProviderConfig& config) {
  const TempDirectory directory;
  ChildProcess benchmark(
      {.argv = {ProviderProgram(), "benchmark", "--config", config.config_file(),
                "--allow-socket-parent", config.socket_directory(), "--iterations",
                std::to_string(kRounds * kCallsEachRound), "--output", "json"},
       .stdout_file = directory.File("out"),
       .stderr_file = directory.File("err")});
  benchmark.Wait(std::chrono::minutes(2));
  const Json report = Json::parse(benchmark.Stdout(), nullptr, false);
  if (!report.is_object()) {
    std::printf("benchmark failed: %s", benchmark.Stderr().c_str());
    return;
  }
  for (const std::string side : {"transit_decrypt", "socket_decrypt"}) {
    std::printf("benchmark's %-16s p50 %.3f ms  p99 %.3f ms\n", side.c_str(),
                report.at(side + "_ms_p50").get<double>(),
                report.at(side + "_ms_p99").get<double>());
  }
}

void PrintMemory(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS") || line.starts_with("RssAnon") || line.starts_with("Threads")) {
      std::printf("%s\n", line.c_str());
    }
  }
}

int Run(OpenBaoUnderTest& openbao) {
  const OpenBaoSetup setup(openbao);
  const std::string token = setup.Login();
  const ProviderConfig config(openbao, setup);
  ProviderProcess provider(config);
  if (!provider.WaitReady()) {
    std::fprintf(stderr, "the provider did not get ready:\n%s", provider.Stderr().c_str());
    return 1;
  }
  const KmsStub stub(config.socket());
  const SealedObject sealed = stub.Encrypt(std::string(32, 'x')).sealed;
  std::printf("server: %s %s\n", openbao.name().c_str(), openbao.version().c_str());

  RawTransit raw(openbao, setup, token);
  Samples raw_samples;
  Samples socket_samples;
  for (int round = 0; round < kRounds; ++round) {
    raw_samples.Take([&] { return raw.Decrypt(); });
    socket_samples.Take([&] { return stub.Decrypt(sealed).status.ok(); });
  }
  raw_samples.Print("raw Transit, one at a time");
  socket_samples.Print("socket, one at a time");
  std::printf("ratio socket/raw             p50 %.2f\n",
              socket_samples.At(0.5) / raw_samples.At(0.5));

  PrintBenchmark(config);

  const double raw_rate = Throughput(8, [&] {
    return [client = std::make_unique<RawTransit>(openbao, setup, token)] {
      return client->Decrypt();
    };
  });
  // One value each: identical Decrypts would share a call.
  const double socket_rate = Throughput(64, [&] {
    return [&stub, own = stub.Encrypt(std::string(32, 'x')).sealed] {
      return stub.Decrypt(own).status.ok();
    };
  });
  std::printf("raw Transit, 8 connections   %.0f decrypts/s\n", raw_rate);
  std::printf("socket, 64 in flight         %.0f decrypts/s  ratio %.2f\n", socket_rate,
              socket_rate / raw_rate);
  PrintMemory(provider.child().pid());
  return 0;
}

}  // namespace
}  // namespace baokms::testing

int main() {
  using namespace baokms::testing;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  if (const auto program = FindRealOpenBao()) {
    RealOpenBao openbao(*program, OpenBaoStorage::kMemory);
    return Run(openbao);
  }
  EmulatorUnderTest emulator;
  return Run(emulator);
}
