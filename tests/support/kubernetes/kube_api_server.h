// A real kube-apiserver as a child on loopback, over an etcd of the test's, with certificates, keys
// and an administrator's token of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/etcd/etcd_under_test.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/http_client.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {

// BAOKMS_KUBEAPISERVER, else the program of this build (tests/kubeapiserver); none: the test is
// skipped with the reason.
std::optional<std::string> FindKubeApiServer();
bool SkippedWithoutKubeApiServer();

// One thread, unless it says otherwise.
class KubeApiServer {
 public:
  // Not started. `etcd`, which wants client certificates, outlives it.
  explicit KubeApiServer(const EtcdUnderTest& etcd);
  ~KubeApiServer();

  // What --encryption-provider-config names, by rename. kube-apiserver looks at it once a minute.
  void WriteEncryptionConfiguration(std::string_view yaml) const;
  std::string encryption_configuration() const { return directory_.File("encryption.yaml"); }

  // For starts from now on.
  void AddArguments(std::vector<std::string> arguments) { more_arguments_ = std::move(arguments); }
  // Starts without waiting. The same address and certificates each time; the log is appended to.
  // `wrapper` is a command that runs the one behind it.
  void Launch(const std::vector<std::string>& wrapper = {});
  // Until /readyz answers 200; false when it ended or `timeout` is over first.
  bool WaitReady(std::chrono::milliseconds timeout = std::chrono::seconds(180));
  // Both; throws HarnessError with the end of the log when it does not get ready.
  void Start();
  // SIGKILL.
  void Kill();
  // Kill and Start: it remembers nothing, and asks for Status at once.
  void Restart();
  bool Running() const;

  // As an administrator. `path` begins with a slash. Any thread.
  HttpAnswer Ask(const std::string& method, const std::string& path,
                 const Json& object = Json()) const {
    return AskHttp(Question(method, path, object));
  }
  // The same for a client that keeps its connection.
  HttpQuestion Question(const std::string& method, const std::string& path,
                        const Json& object = Json()) const;
  // 200.
  bool Ready() const { return Ask("GET", "/readyz").status == 200; }
  bool Live() const { return Ask("GET", "/livez").status == 200; }
  std::string Metrics() const { return Ask("GET", "/metrics").body; }

  // Sum of the samples of `name` whose labels contain each of `labels`; none without a sample.
  std::optional<double> Metric(std::string_view name, const std::vector<std::string>& labels) const;

  std::string log() const { return ReadWholeFile(directory_.File("log")); }
  // Whole lines of the log that contain `words`.
  std::vector<std::string> LogLines(std::string_view words) const;

 private:
  void WriteKeys() const;

  const EtcdUnderTest& etcd_;
  TempDirectory directory_;
  std::uint16_t port_;
  std::vector<std::string> more_arguments_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace baokms::testing
