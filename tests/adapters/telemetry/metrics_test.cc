#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "adapters/telemetry/metric_table.h"
#include "tests/adapters/telemetry/recorder.h"
#include "tests/support/ports/fixed_gauges.h"

namespace baokms::adapters::telemetry {
namespace {

using core::ErrorClass;
using core::KmsMethod;
using core::OpenBaoOperation;
using core::OpenBaoStatus;

// Every line but comments and the process's own values.
std::set<std::string> Series(const std::string& scrape) {
  std::set<std::string> lines;
  std::istringstream in(scrape);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with('#') && !line.starts_with("process_")) lines.insert(line);
  }
  return lines;
}

bool Has(const std::string& scrape, const std::string& line) {
  return ("\n" + scrape).find("\n" + line + "\n") != std::string::npos;
}

void Finish(Telemetry& telemetry, KmsMethod method, std::optional<core::Error> error = {}) {
  telemetry.KmsRequestStarted(method);
  telemetry.KmsRequestFinished({.method = method,
                                .error = error,
                                .duration = std::chrono::microseconds(300),
                                .key_id_hash = {},
                                .transit_key_version = 0,
                                .uid = {},
                                .panic_type = {}});
}

void TellEverything(Telemetry& telemetry) {
  Finish(telemetry, KmsMethod::kStatus);
  Finish(telemetry, KmsMethod::kEncrypt);
  Finish(telemetry, KmsMethod::kDecrypt);
  for (const auto& error :
       {core::ConcurrencyLimit(), core::HandlerFailed(), core::AadMissing(),
        core::AnnotationsMismatch(), core::InvalidAnnotations(), core::InvalidCiphertext(),
        core::MalformedKeyId(), core::UnknownKeyId(), core::Cancelled()}) {
    Finish(telemetry, KmsMethod::kDecrypt, error);
  }
  for (int operation = 0; operation <= 9; ++operation) {
    telemetry.OpenBaoRequestFinished({.operation = static_cast<OpenBaoOperation>(operation),
                                      .status = OpenBaoStatus::kOk,
                                      .duration = std::chrono::milliseconds(3),
                                      .request_id = {}});
  }
  for (int status = 0; status <= 14; ++status) {
    telemetry.OpenBaoRequestFinished({.operation = OpenBaoOperation::kTransitDecrypt,
                                      .status = static_cast<OpenBaoStatus>(status),
                                      .duration = std::chrono::milliseconds(3),
                                      .request_id = {}});
  }
  telemetry.OpenBaoFailover();
  telemetry.TransitBatchSent(7);
  telemetry.DecryptShared();
  for (int status = 0; status <= 15; ++status) {
    telemetry.LoginFinished(static_cast<core::LoginStatus>(status), nullptr, {});
    telemetry.RenewalFinished(static_cast<core::LoginStatus>(status), nullptr, {});
  }
  for (const auto* word : {"ok", "auth_failed", "sealed", "unknown", "version_rollback"}) {
    telemetry.MetadataObserved(word);
  }
  telemetry.StaleSocketRemoved();
}

TEST_CASE("Scrape: what is always present stands there before the first event, nothing else") {
  Recorder recorder;
  std::set<std::string> expected{
      R"(openbao_kms_auth_method_info{method="jwt"} 1)",
      R"(openbao_kms_build_info{build_date="today",commit="abc",dirty="true",version="v1"} 1)",
      R"(openbao_kms_certificate_source_info{source="none"} 1)",
      "openbao_kms_certificate_ttl_seconds 0",
      "openbao_kms_circuit_breaker_state 0",
      "openbao_kms_credential_ttl_seconds 0",
      "openbao_kms_decrypt_shared_total 0",
      R"(openbao_kms_grpc_in_flight{method="decrypt"} 0)",
      R"(openbao_kms_grpc_in_flight{method="encrypt"} 0)",
      R"(openbao_kms_grpc_in_flight{method="status"} 0)",
      "openbao_kms_key_version 0",
      "openbao_kms_openbao_failovers_total 0",
      "openbao_kms_ready 0",
      "openbao_kms_retired_version_undecryptable 0",
      "openbao_kms_rotation_persistence_degraded 0",
      R"(openbao_kms_rotation_state{state="active"} 0)",
      R"(openbao_kms_rotation_state{state="pending"} 0)",
      R"(openbao_kms_rotation_state{state="unknown"} 1)",
      "openbao_kms_socket_restarts_total 0",
      "openbao_kms_state_files_intact 1",
      "openbao_kms_status_cache_age_seconds 0",
      "openbao_kms_token_ttl_seconds 0",
      "openbao_kms_transit_batch_items_count 0",
      "openbao_kms_transit_batch_items_sum 0"};
  for (const auto* bound : {"1", "2", "4", "8", "16", "32", "64", "+Inf"}) {
    expected.insert(std::string("openbao_kms_transit_batch_items_bucket{le=\"") + bound + "\"} 0");
  }
  const auto series = Series(recorder.telemetry.Scrape());
  for (const auto& line : expected) CHECK_MESSAGE(series.contains(line), line);
  for (const auto& line : series) CHECK_MESSAGE(expected.contains(line), line);
}

// What the table says of a metric, of what a scrape shows: name -> "type label,label: help".
std::map<std::string, std::string> Shown(const std::string& scrape) {
  std::map<std::string, std::string> help;
  std::map<std::string, std::string> type;
  std::map<std::string, std::set<std::string>> labels;
  std::istringstream in(scrape);
  const std::regex label("([a-z_]+)=\"");
  for (std::string line; std::getline(in, line);) {
    std::string name = line.substr(0, line.find_first_of("{ "));
    if (line.starts_with("# ")) {
      const std::size_t end = line.find(' ', 7);
      name = line.substr(7, end - 7);
      (line.starts_with("# HELP ") ? help : type)[name] = line.substr(end + 1);
      continue;
    }
    for (const char* part : {"_bucket", "_sum", "_count"}) {
      const std::string base = name.substr(0, name.rfind(part));
      if (name.ends_with(part) && type.contains(base)) name = base;
    }
    for (std::sregex_iterator it(line.begin(), line.end(), label); it != std::sregex_iterator();
         ++it) {
      if ((*it)[1] != "le") labels[name].insert((*it)[1]);
    }
  }
  std::map<std::string, std::string> shown;
  for (const auto& [name, word] : type) {
    std::string joined;
    for (const std::string& each : labels[name]) joined += (joined.empty() ? "" : ",") + each;
    shown[name] = word + " " + joined + ": " + help[name];
  }
  return shown;
}

std::map<std::string, std::string> InTable(const std::set<Appears>& which) {
  std::map<std::string, std::string> table;
  for (const MetricFact& fact : kMetricTable) {
    if (!which.contains(fact.appears)) continue;
    const char* kind = fact.kind == MetricKind::kCounter ? "counter"
                       : fact.kind == MetricKind::kGauge ? "gauge"
                                                         : "histogram";
    table[fact.name] = std::string(kind) + " " + std::string(fact.labels) + ": " + fact.help;
  }
  return table;
}

TEST_CASE("Metric table: it says what a scrape shows from the start and after every event") {
  Recorder recorder;
  recorder.telemetry.SetLevel(core::LogLevel::kError);
  testing::FixedGauges gauges;
  recorder.telemetry.BindGauges(&gauges);
  CHECK(Shown(recorder.telemetry.Scrape()) == InTable({Appears::kAtStart}));
  gauges.reading.status_key_id_hash = kHash;
  CHECK(Shown(recorder.telemetry.Scrape()) ==
        InTable({Appears::kAtStart, Appears::kWithActiveKey}));
  gauges.reading.reasons = {"status_stale"};
  CHECK(Shown(recorder.telemetry.Scrape()) ==
        InTable({Appears::kAtStart, Appears::kWithActiveKey, Appears::kWithReason}));
  TellEverything(recorder.telemetry);
  CHECK(Shown(recorder.telemetry.Scrape()) ==
        InTable({Appears::kAtStart, Appears::kWithActiveKey, Appears::kWithFirstEvent,
                 Appears::kWithReason}));
}

TEST_CASE("Scrape: ready with its reasons, each once and gone when it is over") {
  Recorder recorder;
  testing::FixedGauges gauges;
  recorder.telemetry.BindGauges(&gauges);
  gauges.reading.reasons = {"status_stale", "status_stale", "no word\n"};
  gauges.reading.credential_ttl = std::chrono::seconds(90);
  std::string scrape = recorder.telemetry.Scrape();
  CHECK(scrape.contains("\nopenbao_kms_ready 0\n"));
  CHECK(scrape.contains("\nopenbao_kms_ready_reason{reason=\"status_stale\"} 1\n"));
  CHECK(scrape.find("status_stale") == scrape.rfind("status_stale"));
  CHECK(scrape.contains("\nopenbao_kms_ready_reason{reason=\"unknown\"} 1\n"));
  CHECK(scrape.contains("\nopenbao_kms_credential_ttl_seconds 90\n"));
  gauges.reading.ready = true;
  gauges.reading.reasons.clear();
  scrape = recorder.telemetry.Scrape();
  CHECK(scrape.contains("\nopenbao_kms_ready 1\n"));
  CHECK_FALSE(scrape.contains("openbao_kms_ready_reason"));
}

TEST_CASE("Scrape: the process series of Go's client are there") {
  Recorder recorder;
  const std::string scrape = recorder.telemetry.Scrape();
  for (const auto* name : {"process_resident_memory_bytes", "process_virtual_memory_bytes",
                           "process_virtual_memory_max_bytes", "process_open_fds",
                           "process_max_fds", "process_start_time_seconds"}) {
    CHECK(scrape.find(std::string("# TYPE ") + name + " gauge\n" + name + ' ') !=
          std::string::npos);
  }
  CHECK(scrape.find("# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total ") !=
        std::string::npos);
}

TEST_CASE("Scrape: gauges are read at each scrape and the old key_id hash goes") {
  Recorder recorder;
  testing::FixedGauges gauges;
  gauges.reading = {.token_ttl = std::chrono::milliseconds(1500),
                    .certificate_ttl = std::chrono::seconds(60),
                    .status_key_id_hash = kHash,
                    .key_version = 3,
                    .status_cache_age = std::chrono::milliseconds(250),
                    .rotation = ports::RotationLabel::kPending,
                    .breaker_open = true,
                    .persistence_degraded = true,
                    .newest_undecryptable = 2,
                    .state_files_intact = false};
  recorder.telemetry.BindGauges(&gauges);
  std::string scrape = recorder.telemetry.Scrape();
  for (const std::string& line : {std::string("openbao_kms_token_ttl_seconds 1.5"),
                                  std::string("openbao_kms_certificate_ttl_seconds 60"),
                                  "openbao_kms_status_key_id_hash{hash=\"" + kHash + "\"} 1",
                                  std::string("openbao_kms_key_version 3"),
                                  std::string("openbao_kms_status_cache_age_seconds 0.25"),
                                  std::string(R"(openbao_kms_rotation_state{state="active"} 0)"),
                                  std::string(R"(openbao_kms_rotation_state{state="pending"} 1)"),
                                  std::string(R"(openbao_kms_rotation_state{state="unknown"} 0)"),
                                  std::string("openbao_kms_circuit_breaker_state 1"),
                                  std::string("openbao_kms_rotation_persistence_degraded 1"),
                                  std::string("openbao_kms_retired_version_undecryptable 2"),
                                  std::string("openbao_kms_state_files_intact 0")}) {
    CHECK_MESSAGE(Has(scrape, line), line);
  }
  gauges.reading.status_key_id_hash = kOtherHash;
  gauges.reading.rotation = ports::RotationLabel::kActive;
  gauges.reading.token_ttl = std::chrono::seconds(-5);
  scrape = recorder.telemetry.Scrape();
  CHECK(Has(scrape, "openbao_kms_status_key_id_hash{hash=\"" + kOtherHash + "\"} 1"));
  CHECK(scrape.find(kHash) == std::string::npos);
  CHECK(Has(scrape, R"(openbao_kms_rotation_state{state="active"} 1)"));
  CHECK(Has(scrape, "openbao_kms_token_ttl_seconds 0"));
  recorder.telemetry.BindGauges(nullptr);
  CHECK(recorder.telemetry.Scrape().find("status_key_id_hash") == std::string::npos);
}

TEST_CASE("Scrape: requests under way are counted up and down") {
  Recorder recorder;
  recorder.telemetry.KmsRequestStarted(KmsMethod::kDecrypt);
  recorder.telemetry.KmsRequestStarted(KmsMethod::kDecrypt);
  CHECK(Has(recorder.telemetry.Scrape(), R"(openbao_kms_grpc_in_flight{method="decrypt"} 2)"));
  recorder.telemetry.KmsRequestFinished({.method = KmsMethod::kDecrypt,
                                         .error = {},
                                         .duration = {},
                                         .key_id_hash = {},
                                         .transit_key_version = 0,
                                         .uid = {},
                                         .panic_type = {}});
  CHECK(Has(recorder.telemetry.Scrape(), R"(openbao_kms_grpc_in_flight{method="decrypt"} 1)"));
}

TEST_CASE("Scrape: every counter with its labels") {
  Recorder recorder;
  TellEverything(recorder.telemetry);
  const std::string scrape = recorder.telemetry.Scrape();
  for (const auto* line :
       {R"(openbao_kms_grpc_requests_total{method="status",status="ok"} 1)",
        R"(openbao_kms_grpc_requests_total{method="encrypt",status="ok"} 1)",
        R"(openbao_kms_grpc_requests_total{method="decrypt",status="ok"} 1)",
        R"(openbao_kms_grpc_requests_total{method="decrypt",status="not_found"} 1)",
        R"(openbao_kms_grpc_requests_total{method="decrypt",status="canceled"} 1)",
        R"(openbao_kms_grpc_requests_total{method="decrypt",status="resource_exhausted"} 1)",
        R"(openbao_kms_grpc_concurrency_rejections_total{method="decrypt"} 1)",
        R"(openbao_kms_panic_recoveries_total{method="decrypt"} 1)",
        R"(openbao_kms_aad_validation_errors_total{reason="aad_missing"} 1)",
        R"(openbao_kms_aad_validation_errors_total{reason="aad_mismatch"} 1)",
        R"(openbao_kms_aad_validation_errors_total{reason="annotation_invalid"} 1)",
        R"(openbao_kms_aad_validation_errors_total{reason="ciphertext_invalid"} 1)",
        R"(openbao_kms_decrypt_key_id_errors_total{reason="key_id_malformed"} 1)",
        R"(openbao_kms_decrypt_key_id_errors_total{reason="key_id_unknown"} 1)",
        R"(openbao_kms_transit_metadata_observation_total{status="ok"} 1)",
        R"(openbao_kms_transit_metadata_observation_total{status="auth_failed"} 1)",
        R"(openbao_kms_transit_metadata_observation_total{status="sealed"} 1)",
        R"(openbao_kms_transit_metadata_observation_total{status="unknown"} 1)",
        R"(openbao_kms_transit_metadata_observation_total{status="version_rollback"} 1)",
        "openbao_kms_socket_restarts_total 1",
        "openbao_kms_openbao_failovers_total 1",
        "openbao_kms_decrypt_shared_total 1",
        R"(openbao_kms_transit_batch_items_bucket{le="4"} 0)",
        R"(openbao_kms_transit_batch_items_bucket{le="8"} 1)",
        "openbao_kms_transit_batch_items_sum 7"}) {
    CHECK_MESSAGE(Has(scrape, line), line);
  }
  for (const auto* operation :
       {"jwt_login", "cert_login", "token_renew_self", "transit_metadata_read",
        "transit_disable_upsert_read", "transit_encrypt", "transit_batch_encrypt",
        "transit_batch_decrypt", "capabilities_self"}) {
    CHECK_MESSAGE(Has(scrape, std::string("openbao_kms_openbao_requests_total{operation=\"") +
                                  operation + "\",status=\"ok\"} 1"),
                  operation);
    CHECK_MESSAGE(
        Has(scrape, std::string("openbao_kms_openbao_duration_seconds_count{operation=\"") +
                        operation + "\"} 1"),
        operation);
  }
  for (const auto* status :
       {"invalid_request", "unauthenticated", "permission_denied", "not_found", "decrypt_failed",
        "rate_limited", "unavailable", "sealed", "tls_failed", "dns_failed", "connection_failed",
        "canceled", "timeout", "unknown"}) {
    CHECK_MESSAGE(
        Has(scrape,
            std::string(
                R"(openbao_kms_openbao_requests_total{operation="transit_decrypt",status=")") +
                status + "\"} 1"),
        status);
  }
  for (const auto* status : {"ok", "error", "auth_failed", "no_usable_session", "jwt_expired",
                             "jwt_near_expiry", "jwt_invalid", "cert_expired", "cert_near_expiry",
                             "cert_invalid", "oauth2_credential", "oauth2_request", "oauth2_proxy",
                             "oauth2_rejected", "oauth2_unavailable", "oauth2_response"}) {
    for (const auto* name : {"login", "renewal"}) {
      CHECK_MESSAGE(Has(scrape, std::string("openbao_kms_auth_") + name + "_total{status=\"" +
                                    status + "\"} 1"),
                    status);
    }
  }
}

TEST_CASE("Scrape: key_id errors are of decrypts alone") {
  Recorder recorder;
  Finish(recorder.telemetry, KmsMethod::kEncrypt, core::UnknownKeyId());
  CHECK(recorder.telemetry.Scrape().find("decrypt_key_id_errors") == std::string::npos);
}

TEST_CASE("Scrape: latencies fall into the published buckets") {
  Recorder recorder;
  Finish(recorder.telemetry, KmsMethod::kEncrypt);  // 0.3 ms
  const std::string scrape = recorder.telemetry.Scrape();
  const auto bucket = [&](const std::string& bound, int count) {
    return Has(scrape, R"(openbao_kms_grpc_duration_seconds_bucket{method="encrypt",le=")" + bound +
                           "\"} " + std::to_string(count));
  };
  CHECK(bucket("0.0001", 0));
  CHECK(bucket("0.00025", 0));
  for (const auto* bound : {"0.0005", "0.001", "0.002", "0.004", "0.008", "0.016", "0.032", "0.064",
                            "0.128", "0.256", "0.512", "1.024", "2.048", "+Inf"}) {
    CHECK_MESSAGE(bucket(bound, 1), bound);
  }
  CHECK(Has(scrape, R"(openbao_kms_grpc_duration_seconds_count{method="encrypt"} 1)"));
  std::size_t buckets = 0;
  for (auto at = scrape.find("grpc_duration_seconds_bucket"); at != std::string::npos;
       at = scrape.find("grpc_duration_seconds_bucket", at + 1)) {
    ++buckets;
  }
  CHECK(buckets == 16);
}

TEST_CASE("Scrape: info series name the configured method and source") {
  TelemetryOptions options = Recorder::AtDebug();
  options.auth_method = core::AuthMethod::kCert;
  options.cert_source = core::CertSource::kPkcs11;
  Recorder recorder(options);
  const std::string scrape = recorder.telemetry.Scrape();
  CHECK(Has(scrape, R"(openbao_kms_auth_method_info{method="cert"} 1)"));
  CHECK(Has(scrape, R"(openbao_kms_certificate_source_info{source="pkcs11"} 1)"));
}

TEST_CASE("Scrape: counting from many threads loses nothing") {
  Recorder recorder;
  recorder.telemetry.SetLevel(core::LogLevel::kError);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) Finish(recorder.telemetry, KmsMethod::kDecrypt);
    });
  }
  for (int i = 0; i < 20; ++i) recorder.telemetry.Scrape();
  for (auto& thread : threads) thread.join();
  const std::string scrape = recorder.telemetry.Scrape();
  CHECK(Has(scrape, R"(openbao_kms_grpc_requests_total{method="decrypt",status="ok"} 4000)"));
  CHECK(Has(scrape, R"(openbao_kms_grpc_duration_seconds_count{method="decrypt"} 4000)"));
  CHECK(Has(scrape, R"(openbao_kms_grpc_in_flight{method="decrypt"} 0)"));
}

#ifdef BAOKMS_PROMTOOL
TEST_CASE("Scrape: promtool finds nothing to say") {
  Recorder recorder;
  testing::FixedGauges gauges;
  gauges.reading.status_key_id_hash = kHash;
  recorder.telemetry.BindGauges(&gauges);
  TellEverything(recorder.telemetry);
  char path[] = "/tmp/scrape-XXXXXX";
  const int file = ::mkstemp(path);
  REQUIRE(file >= 0);
  ::close(file);
  std::ofstream(path) << recorder.telemetry.Scrape();
  FILE* const tool =
      ::popen((std::string(BAOKMS_PROMTOOL) + " check metrics 2>&1 < " + path).c_str(), "r");
  REQUIRE(tool != nullptr);
  std::string said;
  char chunk[512];
  while (std::fgets(chunk, sizeof chunk, tool) != nullptr) said += chunk;
  CAPTURE(said);
  CHECK(::pclose(tool) == 0);
  CHECK(said.empty());
  ::unlink(path);
}
#endif

}  // namespace
}  // namespace baokms::adapters::telemetry
