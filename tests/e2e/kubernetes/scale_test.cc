// A kube-apiserver that starts over an etcd full of Secrets: when it is ready, and what it asks its
// provider. BAOKMS_SECRETS has their number for a run by hand (docs/performance.md).
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "core/text/base64.h"
#include "tests/e2e/kubernetes/control_plane.h"

namespace baokms::e2e {
namespace {

constexpr long kUsualSecrets = 5000;
constexpr int kClients = 8;
// One DEK seed each: kube-apiserver makes one when it starts.
constexpr int kStartsThatWrite = 5;
constexpr int kMeasuredStarts = 3;

long NumberOfSecrets() {
  const char* number = std::getenv("BAOKMS_SECRETS");
  return number == nullptr ? kUsualSecrets : std::strtol(number, nullptr, 10);
}

// Those numbered from `first` to before `end`, by several clients that keep their connections.
void WriteSecrets(const testing::KubeApiServer& api, long first, long end) {
  const std::string value = core::Base64Encode(std::string(200, 'v'));
  std::atomic<long> next = first;
  std::atomic<long> refused = 0;
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&] {
      testing::HttpClient connection;
      for (long number = next++; number < end; number = next++) {
        const Json object = {{"apiVersion", "v1"},
                             {"kind", "Secret"},
                             {"metadata", {{"name", "secret-" + std::to_string(number)}}},
                             {"data", {{"value", value}}}};
        const testing::HttpAnswer answer =
            connection.Ask(api.Question("POST", "/api/v1/namespaces/app/secrets", object));
        if (answer.status != 201) ++refused;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  REQUIRE(refused == 0);
}

double Calls(const ControlPlane& plane, const std::string& series) {
  return plane.provider->process.Metric(series).value_or(0);
}

// Writes all Secrets over so many starts, and prints what each further start costs. The Decrypts of
// the last one.
double FillAndStart(ControlPlane& plane, const std::string& name, int starts_that_write) {
  const long secrets = NumberOfSecrets();
  const auto begun = std::chrono::steady_clock::now();
  for (int start = 0; start < starts_that_write; ++start) {
    if (start > 0) plane.api.Start();
    WriteSecrets(plane.api, secrets * start / starts_that_write,
                 secrets * (start + 1) / starts_that_write);
    plane.api.Kill();
  }
  MESSAGE(name << ": " << secrets << " Secrets written in " << SecondsSince(begun) << " s over "
               << starts_that_write << " starts");
  const std::string decrypts = "openbao_kms_grpc_requests_total{method=\"decrypt\",status=\"ok\"}";
  const std::string encrypts = "openbao_kms_grpc_requests_total{method=\"encrypt\",status=\"ok\"}";
  double decrypted = 0;
  for (int start = 0; start < kMeasuredStarts; ++start) {
    const double decrypts_before = Calls(plane, decrypts);
    const double encrypts_before = Calls(plane, encrypts);
    const auto started = std::chrono::steady_clock::now();
    plane.api.Start();
    const double ready = SecondsSince(started);
    // From the cache, which has read every Secret by then; until it has, the answer is an error.
    REQUIRE(Eventually(Milliseconds(300000), [&] {
      return plane.api.Ask("GET", "/api/v1/namespaces/default/secrets?resourceVersion=0").status ==
             200;
    }));
    const double cached = SecondsSince(started);
    decrypted = Calls(plane, decrypts) - decrypts_before;
    MESSAGE(name << ": ready after " << ready << " s, every Secret read after " << cached
                 << " s, processor time "
                 << plane.api.Metric("process_cpu_seconds_total", {}).value_or(0)
                 << " s, resident MiB "
                 << plane.api.Metric("process_resident_memory_bytes", {}).value_or(0) / (1 << 20)
                 << ", Decrypts " << decrypted << ", Encrypts "
                 << Calls(plane, encrypts) - encrypts_before);
    plane.api.Kill();
  }
  return decrypted;
}

TEST_CASE("API server scale: a start asks for one Decrypt a DEK seed and not one a Secret") {
  if (SkippedWithoutControlPlane()) return;
  {
    ControlPlane plane;
    plane.Begin(plane.IdentityOnly());
    CHECK(FillAndStart(plane, "identity", 1) == 0);
  }
  ControlPlane plane;
  plane.Begin(plane.WritersOnly());
  const double decrypts = FillAndStart(plane, "encrypted", kStartsThatWrite);
  // Resources are read side by side, so two of them may ask for the same seed at once.
  CHECK(decrypts >= kStartsThatWrite);
  CHECK(decrypts <= kStartsThatWrite * static_cast<double>(EncryptedResources().size()));
  const Json census = plane.Census();
  CHECK(plane.EncryptedUnder(census, 1) >= NumberOfSecrets());
}

}  // namespace
}  // namespace baokms::e2e
