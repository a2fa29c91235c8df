// What every transport test needs: real clock, plain file reader, recording telemetry, and a call
// that waits.
#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/transit_http/openbao/reply_classification.h"
#include "adapters/transit_http/transport/curl_http_transport.h"
#include "ports/null_telemetry.h"
#include "tests/adapters/transit_http/scripted_tls_server.h"
#include "tests/adapters/transit_http/test_pki.h"
#include "tests/support/ports/machine_clock.h"

namespace baokms::tests {

using namespace std::chrono_literals;

class PlainFileReader final : public ports::FileReader {
 public:
  std::expected<core::Secret, ports::FileProblem> Read(const std::string& path,
                                                       ports::FilePolicy) const override {
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::unexpected(ports::FileProblem::kMissing);
    return core::Secret::Copy(std::string(std::istreambuf_iterator<char>(in), {}));
  }
  std::expected<void, ports::FileProblem> Check(const std::string&,
                                                ports::FilePolicy) const override {
    return {};
  }
  std::expected<void, ports::FileProblem> CheckDirectory(const std::string&,
                                                         ports::DirectoryPolicy) const override {
    return {};
  }
};

class WireTelemetry final : public ports::NullTelemetry {
 public:
  struct WireEvent {
    core::OpenBaoOperation operation;
    core::OpenBaoStatus status;
    core::Duration duration;
    std::string request_id;
  };
  void OpenBaoRequestFinished(const ports::OpenBaoRequestEvent& event) override {
    const std::lock_guard lock(mutex_);
    wire_.push_back({event.operation, event.status, event.duration, std::string(event.request_id)});
  }
  void TransitBatchSent(std::size_t items) override {
    const std::lock_guard lock(mutex_);
    batches_.push_back(items);
  }
  void OpenBaoFailover() override { ++failovers; }
  void CaFileRefused() override { ++ca_refused; }
  void NameLookupFailed() override { ++lookups_failed; }

  std::vector<WireEvent> wire() const {
    const std::lock_guard lock(mutex_);
    return wire_;
  }
  // The items of each.
  std::vector<std::size_t> batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }
  std::atomic<int> failovers = 0;
  std::atomic<int> ca_refused = 0;
  std::atomic<int> lookups_failed = 0;

 private:
  mutable std::mutex mutex_;
  std::vector<WireEvent> wire_;
  std::vector<std::size_t> batches_;
};

// A directory that goes with the test.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "baokms-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  std::string File(const std::string& name) const { return path_ + "/" + name; }
  // By rename, as the things that renew files do.
  std::string Write(const std::string& name, const std::string& content) const {
    const std::string next = File(name + ".next");
    std::ofstream(next, std::ios::binary) << content;
    std::filesystem::rename(next, File(name));
    return File(name);
  }

 private:
  std::string path_;
};

class TransportFixture {
 public:
  TransportFixture()
      : authority(MakeAuthority("test authority")),
        identity(IssueServer(authority, {"IP:127.0.0.1", "DNS:localhost", "DNS:bao.example"})) {
    options.ca_file = scratch.Write("ca.pem", authority.certificate_pem);
    // On a busy machine, too, a request makes one connection. A case about hedges sets its own.
    options.sending.least_hedge_delay = 10s;
  }

  // Starts a transport to `servers` with `options`.
  adapters::transit_http::CurlHttpTransport& Start(std::vector<std::string> urls) {
    options.addresses = std::move(urls);
    auto started =
        adapters::transit_http::CurlHttpTransport::Start(options, clock, files, telemetry);
    REQUIRE(started.has_value());
    transport = *std::move(started);
    return *transport;
  }

  core::MonotonicTime In(core::Duration duration) const { return clock.Now().monotonic + duration; }

  ports::HttpRequest Get(core::Duration budget = 5s) const {
    ports::HttpRequest request;
    request.path = "/v1/test";
    request.deadline = In(budget);
    request.judge = adapters::transit_http::JudgeReply;
    request.superseded = [this](const ports::HttpOutcome& attempt) {
      const std::lock_guard lock(mutex);
      superseded.push_back(attempt.reply ? attempt.reply->status : 0);
    };
    return request;
  }
  ports::HttpRequest Post(const std::string& body, core::Duration budget = 5s) const {
    ports::HttpRequest request = Get(budget);
    request.method = ports::HttpMethod::kPost;
    request.lane = core::Lane::kDecrypt;
    request.body = core::Secret::Copy(body);
    return request;
  }

  using Reply = core::Result<ports::HttpReply>;
  std::future<Reply> Send(ports::HttpRequest request,
                          std::unique_ptr<ports::PendingCall>* handle = nullptr) const {
    auto promise = std::make_shared<std::promise<Reply>>();
    auto future = promise->get_future();
    auto pending = transport->Send(std::move(request), [promise](ports::HttpOutcome outcome) {
      promise->set_value(std::move(outcome.reply));
    });
    if (handle != nullptr) *handle = std::move(pending);
    return future;
  }
  Reply Call(ports::HttpRequest request) const {
    auto future = Send(std::move(request));
    REQUIRE(future.wait_for(20s) == std::future_status::ready);
    return future.get();
  }

  static core::OpenBaoStatus StatusOf(const Reply& reply) {
    if (reply) return core::OpenBaoStatus::kOk;
    return reply.error().openbao_status().value_or(core::OpenBaoStatus::kUnknown);
  }

  // The HTTP status of each superseded attempt, 0 for one without a reply.
  std::vector<int> Superseded() const {
    const std::lock_guard lock(mutex);
    return superseded;
  }

  mutable std::mutex mutex;
  mutable std::vector<int> superseded;  // guarded by mutex
  testing::MachineClock clock;
  PlainFileReader files;
  WireTelemetry telemetry;
  ScratchDirectory scratch;
  Identity authority;
  Identity identity;
  adapters::transit_http::TransportOptions options;
  std::unique_ptr<adapters::transit_http::CurlHttpTransport> transport;  // goes first
};

inline ScriptedTlsServer::Script Always(std::string reply) {
  return [reply = std::move(reply)](const SeenRequest&, Wire& wire) { wire.Write(reply); };
}

inline ScriptedTlsServer::Script Ok() { return Always(HttpReplyText(200, "{}")); }

}  // namespace baokms::tests
