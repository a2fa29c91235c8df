#include "app/status/running_provider.h"

#include <chrono>
#include <optional>
#include <string_view>

#include "adapters/grpc_kms/kms_socket_client.h"
#include "adapters/health_http/page_client.h"
#include "app/status/status_page_reader.h"
#include "core/text/rfc3339.h"
#include "core/wire/sha256.h"

namespace baokms::app {
namespace {

using namespace std::chrono_literals;
using adapters::grpc_kms::KmsSocketClient;

constexpr int kOk = 200;

Report WithSource(std::string_view source, const Report& fields) {
  Report report = {{"name", "status"}, {"source", source}};
  for (const auto& [name, value] : fields.items()) report[name] = value;
  return report;
}

struct FromHealth {
  std::optional<Report> page;
  std::string_view why_not;  // without a page
};

FromHealth AskHealthListener(const std::string& address) {
  if (address.empty()) return {.page = {}, .why_not = "server.healthAddress is off"};
  const auto reply = adapters::health_http::ReadPage(address, "/status", 2s);
  if (!reply) return {.page = {}, .why_not = "nothing answers at server.healthAddress"};
  auto page = reply->status == kOk ? ReadStatusPage(reply->body) : std::nullopt;
  if (page) return {.page = std::move(page), .why_not = {}};
  return {.page = {},
          .why_not =
              "what answers at server.healthAddress has no page /status: it is another "
              "program, or an older version of this one"};
}

// What kube-apiserver learns; nullopt: nobody answers.
std::optional<Report> AskSocket(const std::string& path, const std::string& taken_at) {
  const auto deadline = std::chrono::system_clock::now() + 3s;
  const auto status = KmsSocketClient(path).Status(deadline);
  if (!status) return std::nullopt;
  Report report = {{"takenAt", taken_at},
                   {"live", true},
                   {"ready", status->healthz == "ok"},
                   {"reasons", Report::array()}};
  if (!status->key_id.empty()) report["activeKeyIdHash"] = core::PublicHash(status->key_id);
  return report;
}

}  // namespace

Report AskRunningProvider(const core::ServerConfiguration& server, core::UnixSeconds now) {
  const std::string taken_at = core::Rfc3339(now);
  const FromHealth health = AskHealthListener(server.health_address);
  if (health.page) {
    Report report = WithSource("health", *health.page);
    // An older provider's page has no time.
    if (!report.contains("takenAt")) report["takenAt"] = taken_at;
    return report;
  }
  const std::string why(health.why_not);
  if (const auto status = AskSocket(server.socket_path, taken_at)) {
    Report report = WithSource("socket", *status);
    report["limitations"] = {
        why +
        ", so this is what the socket says: whether it is ready and under which key_id it "
        "encrypts; versions, a pending rotation, the token, probes and failures are not "
        "known."};
    return report;
  }
  Report report = WithSource(
      "none",
      {{"takenAt", taken_at}, {"live", false}, {"ready", false}, {"reasons", Report::array()}});
  report["limitations"] = {
      why + ", and nothing answers on server.socketPath, or this user may not use it."};
  return report;
}

}  // namespace baokms::app
