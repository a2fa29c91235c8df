// What a supervisor and a person on call see: notifications, health, metrics.
#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <set>
#include <sstream>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {
namespace {

// systemd's end of NOTIFY_SOCKET.
class NotifySocket {
 public:
  NotifySocket() : path_(directory_.File("notify")), fd_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    REQUIRE(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~NotifySocket() { close(fd_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  const std::string& path() const { return path_; }

  // The next message; empty when `timeout` is over.
  std::string Next(Milliseconds timeout) const {
    pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, static_cast<int>(timeout.count())) != 1) return "";
    char buffer[512];
    const ssize_t size = recv(fd_, buffer, sizeof buffer, 0);
    return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : "";
  }
  // The first message with this word.
  std::string Await(std::string_view word, Milliseconds timeout) const {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (std::chrono::steady_clock::now() < deadline) {
      std::string message = Next(Milliseconds(100));
      if (message.find(word) != std::string::npos) return message;
    }
    return "";
  }

 private:
  testing::TempDirectory directory_;
  std::string path_;
  int fd_;
};

TEST_CASE("Supervision: READY comes when the socket serves and STOPPING at the end") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const NotifySocket notify;
  ProviderProcess provider(
      config, {.arguments = {},
               .environment = {{"NOTIFY_SOCKET", notify.path()}, {"WATCHDOG_USEC", "3000000"}}});
  REQUIRE_FALSE(notify.Await("READY=1", Milliseconds(15000)).empty());
  const testing::KmsStub stub(config.socket());
  CHECK(stub.Status(Milliseconds(1000)).healthz == "ok");
  CHECK(stub.Encrypt("x").status.ok());
  CHECK_FALSE(notify.Await("WATCHDOG=1", Milliseconds(3000)).empty());
  provider.child().Signal(SIGTERM);
  CHECK_FALSE(notify.Await("STOPPING=1", Milliseconds(3000)).empty());
  CHECK(provider.child().Wait(Milliseconds(10000)) ==
        testing::ExitStatus{.code = 0, .signal = std::nullopt});
}

TEST_CASE("Supervision: OpenBao down at start extends the start and READY waits until it is back") {
  UseRaftStorage();
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["bootstrap"]["graceTimeout"] = "60s";
  config.Write();
  const NotifySocket notify;
  bench.openbao().Stop();
  ProviderProcess provider(config,
                           {.arguments = {}, .environment = {{"NOTIFY_SOCKET", notify.path()}}});
  REQUIRE(provider.WaitLog("auth.login", 1));
  CHECK_FALSE(notify.Await("EXTEND_TIMEOUT_USEC=", Milliseconds(3000)).empty());
  CHECK(notify.Await("STATUS=waiting", Milliseconds(15000)) ==
        "STATUS=waiting until Status is healthy: could not connect to openbao.address: check the "
        "address and that OpenBao is running");
  // The socket serves: kube-apiserver can connect, and hears that nothing works yet.
  CHECK(provider.WaitServing());
  const testing::KmsStub stub(config.socket());
  CHECK(stub.Status().healthz == "unhealthy");
  CHECK(stub.Encrypt("x").status.code == static_cast<int>(Code::kFailedPrecondition));
  const testing::HttpAnswer ready = provider.Health("/ready");
  CHECK(ready.status == 503);
  CHECK(Json::parse(ready.body).at("reasons").size() >= 1);
  CHECK(provider.LogLines("serve.ready").empty());
  CHECK(notify.Await("READY=1", Milliseconds(300)).empty());

  bench.openbao().Start();
  CHECK_FALSE(notify.Await("STATUS=serving", Milliseconds(20000)).empty());
  CHECK_FALSE(notify.Await("READY=1", Milliseconds(1000)).empty());
  CHECK(provider.Health("/live").status == 200);
  // Over the same connection. On a machine that is very busy Status may be stale for a moment.
  CHECK(Eventually(Milliseconds(3000), [&] { return stub.Encrypt("x").status.ok(); }));
}

TEST_CASE("Supervision: what systemctl status shows follows Status") {
  Bench bench;
  ProviderConfig config =
      PacedConfig(bench, {.probe = "300ms", .deep_probe = "300ms", .staleness = "2s"});
  const NotifySocket notify;
  ProviderProcess provider(config,
                           {.arguments = {}, .environment = {{"NOTIFY_SOCKET", notify.path()}}});
  CHECK(notify.Next(Milliseconds(15000)) == "STATUS=starting: login and first probes");
  CHECK(notify.Await("STATUS=", Milliseconds(15000)) == "STATUS=serving");
  bench.openbao().Seal();
  CHECK(notify.Await("STATUS=", Milliseconds(15000)) ==
        "STATUS=serving, but Status is unhealthy: OpenBao is sealed: unseal it");
  bench.openbao().Unseal();
  CHECK(notify.Await("STATUS=serving", Milliseconds(15000)) == "STATUS=serving");
  provider.child().Signal(SIGTERM);
  CHECK(notify.Await("STATUS=", Milliseconds(5000)) == "STATUS=stopping");
}

TEST_CASE("Supervision: live and ready say what they promise and answer GET and HEAD alone") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const Serving provider(config);
  const testing::HttpAnswer live = provider.process.Health("/live");
  CHECK(live.status == 200);
  CHECK(Json::parse(live.body) == Json{{"status", "ok"}});
  const Json ready = provider.Ready();
  CHECK(ready.at("status") == "ok");
  CHECK(ready.at("healthz") == "ok");
  CHECK(ready.at("stale") == false);
  CHECK(ready.at("rotation_state") == "active");
  CHECK(ready.at("reasons") == Json::array());
  CHECK(ready.at("cache_age_ms").is_number());
  CHECK_FALSE(ready.contains("metadata_error_class"));
  CHECK_FALSE(ready.contains("deep_error_class"));
  CHECK_FALSE(ready.contains("persistence_degraded"));
  const std::string url = "http://" + config.health_address();
  CHECK(testing::AskHttp({.method = "POST", .url = url + "/live", .body = "x"}).status == 405);
  CHECK(testing::AskHttp({.url = url + "/other"}).status == 404);
}

// Series names of a scrape, labels cut off.
std::set<std::string> SeriesOf(const std::string& metrics) {
  std::set<std::string> names;
  std::istringstream text(metrics);
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && line.front() != '#')
      names.insert(line.substr(0, line.find_first_of("{ ")));
  }
  return names;
}

// What a child of this process starts with, until it goes.
class SoftDescriptorLimit {
 public:
  explicit SoftDescriptorLimit(rlim_t soft) {
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before_) == 0);
    rlimit low = before_;
    low.rlim_cur = soft;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
  }
  ~SoftDescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  SoftDescriptorLimit(const SoftDescriptorLimit&) = delete;
  SoftDescriptorLimit& operator=(const SoftDescriptorLimit&) = delete;
  double hard() const { return static_cast<double>(before_.rlim_max); }

 private:
  rlimit before_{};
};

TEST_CASE("Supervision: the soft limit of descriptors is raised to the hard one") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const SoftDescriptorLimit low(300);
  REQUIRE(low.hard() > 300);
  const Serving provider(config);
  CHECK(provider.process.Metric("process_max_fds") == low.hard());
}

TEST_CASE("Supervision: the promised metrics are there") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const Serving provider(config);
  provider.CheckRoundTrip();
  CHECK_FALSE(provider.stub.Decrypt({}).status.ok());
  const std::string metrics = provider.process.Metrics();
  const std::set<std::string> series = SeriesOf(metrics);
  for (const char* name : {"openbao_kms_grpc_requests_total",
                           "openbao_kms_grpc_duration_seconds_bucket",
                           "openbao_kms_grpc_in_flight",
                           "openbao_kms_openbao_requests_total",
                           "openbao_kms_openbao_duration_seconds_bucket",
                           "openbao_kms_auth_login_total",
                           "openbao_kms_auth_method_info",
                           "openbao_kms_certificate_source_info",
                           "openbao_kms_token_ttl_seconds",
                           "openbao_kms_certificate_ttl_seconds",
                           "openbao_kms_status_key_id_hash",
                           "openbao_kms_key_version",
                           "openbao_kms_status_cache_age_seconds",
                           "openbao_kms_transit_metadata_observation_total",
                           "openbao_kms_rotation_state",
                           "openbao_kms_rotation_persistence_degraded",
                           "openbao_kms_circuit_breaker_state",
                           "openbao_kms_socket_restarts_total",
                           "openbao_kms_build_info",
                           "process_cpu_seconds_total",
                           "process_resident_memory_bytes",
                           "process_virtual_memory_bytes",
                           "process_open_fds",
                           "process_max_fds",
                           "process_start_time_seconds"}) {
    CHECK_MESSAGE(series.contains(name), name);
  }
  const auto is = [&provider](const char* name, double value) {
    CHECK_MESSAGE(provider.process.Metric(name) == value, name);
  };
  is("openbao_kms_grpc_requests_total{method=\"encrypt\",status=\"ok\"}", 1);
  is("openbao_kms_grpc_requests_total{method=\"decrypt\",status=\"ok\"}", 1);
  is("openbao_kms_grpc_requests_total{method=\"decrypt\",status=\"invalid_argument\"}", 1);
  is("openbao_kms_auth_login_total{status=\"ok\"}", 1);
  is("openbao_kms_auth_method_info{method=\"jwt\"}", 1);
  is("openbao_kms_key_version", 1);
  is("openbao_kms_rotation_state{state=\"active\"}", 1);
  is("openbao_kms_rotation_state{state=\"pending\"}", 0);
  is("openbao_kms_circuit_breaker_state", 0);
  const auto ttl = provider.process.Metric("openbao_kms_token_ttl_seconds");
  REQUIRE(ttl.has_value());
  CHECK(*ttl > 1700);
  CHECK(*ttl <= 1800);
}

TEST_CASE("Supervision: log lines are JSON with upper-case levels and without empty fields") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  Serving provider(config);
  provider.CheckRoundTrip();
  CHECK_FALSE(provider.stub.Decrypt({}).status.ok());
  provider.process.Terminate();
  std::istringstream text(provider.process.Stderr());
  for (std::string line; std::getline(text, line);) {
    const Json json = Json::parse(line, nullptr, false);
    REQUIRE_MESSAGE(json.is_object(), line);
    CHECK(json.at("ts").get<std::string>().ends_with("Z"));
    const std::string level = json.at("level");
    CHECK_MESSAGE((level == "DEBUG" || level == "INFO" || level == "WARN" || level == "ERROR"),
                  line);
    for (const auto& [name, value] : json.items()) CHECK_MESSAGE(value != "", name);
  }
  for (const char* message : {"serve.start", "auth.login", "status.probe", "openbao.request",
                              "serve.ready", "kms.request", "serve.shutdown"}) {
    CHECK_MESSAGE(!provider.process.LogLines(message).empty(), message);
  }
  const auto requests = provider.process.LogLines("kms.request");
  REQUIRE(requests.size() >= 3);
  bool warned = false;
  for (const Json& line : requests) {
    if (line.at("level") != "WARN") continue;
    warned = true;
    CHECK(line.at("operation") == "kms.decrypt");
    CHECK(line.at("status") == "invalid_argument");
  }
  CHECK(warned);
}

}  // namespace
}  // namespace baokms::e2e
