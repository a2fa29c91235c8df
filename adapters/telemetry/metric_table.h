// Every metric of /metrics: name, type, labels and help (observability.md, "Metrics"). metrics.cc
// registers no other, and docs/reference/metrics.md is made from this table.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace baokms::adapters::telemetry {

enum class MetricKind : std::uint8_t { kCounter, kGauge, kHistogram };

// From when on a scrape shows a series of it (reports-and-labels.md, "Metric label values").
enum class Appears : std::uint8_t { kAtStart, kWithFirstEvent, kWithActiveKey, kWithReason };

struct MetricFact {
  const char* name;
  MetricKind kind;
  Appears appears;
  std::string_view labels;  // "method,status"; empty for none, and without a histogram's le
  const char* help;
};

inline constexpr std::array kMetricTable{
    MetricFact{"openbao_kms_grpc_requests_total", MetricKind::kCounter, Appears::kWithFirstEvent,
               "method,status", "KMS requests."},
    MetricFact{"openbao_kms_grpc_duration_seconds", MetricKind::kHistogram,
               Appears::kWithFirstEvent, "method", "KMS request latency."},
    MetricFact{"openbao_kms_grpc_in_flight", MetricKind::kGauge, Appears::kAtStart, "method",
               "KMS requests in progress."},
    MetricFact{"openbao_kms_grpc_concurrency_rejections_total", MetricKind::kCounter,
               Appears::kWithFirstEvent, "method", "KMS requests refused by a concurrency limit."},
    MetricFact{"openbao_kms_openbao_requests_total", MetricKind::kCounter, Appears::kWithFirstEvent,
               "operation,status", "Calls to OpenBao."},
    MetricFact{"openbao_kms_openbao_duration_seconds", MetricKind::kHistogram,
               Appears::kWithFirstEvent, "operation", "Latency of calls to OpenBao."},
    MetricFact{"openbao_kms_openbao_failovers_total", MetricKind::kCounter, Appears::kAtStart, "",
               "Switches to another OpenBao address."},
    MetricFact{"openbao_kms_transit_batch_items", MetricKind::kHistogram, Appears::kAtStart, "",
               "Items per Transit batch."},
    MetricFact{"openbao_kms_decrypt_shared_total", MetricKind::kCounter, Appears::kAtStart, "",
               "Replies shared with an identical call of another request."},
    MetricFact{"openbao_kms_auth_login_total", MetricKind::kCounter, Appears::kWithFirstEvent,
               "status", "Logins to OpenBao."},
    MetricFact{"openbao_kms_auth_renewal_total", MetricKind::kCounter, Appears::kWithFirstEvent,
               "status", "Token renewals."},
    MetricFact{"openbao_kms_auth_method_info", MetricKind::kGauge, Appears::kAtStart, "method",
               "The configured login method."},
    MetricFact{"openbao_kms_certificate_source_info", MetricKind::kGauge, Appears::kAtStart,
               "source", "The source of the login certificate."},
    MetricFact{"openbao_kms_token_ttl_seconds", MetricKind::kGauge, Appears::kAtStart, "",
               "Remaining lifetime of the OpenBao token."},
    MetricFact{"openbao_kms_certificate_ttl_seconds", MetricKind::kGauge, Appears::kAtStart, "",
               "Remaining lifetime of the login certificate."},
    MetricFact{"openbao_kms_credential_ttl_seconds", MetricKind::kGauge, Appears::kAtStart, "",
               "Remaining lifetime of the JWT or certificate of the last login."},
    MetricFact{"openbao_kms_ready", MetricKind::kGauge, Appears::kAtStart, "",
               "1 while /ready answers 200."},
    MetricFact{"openbao_kms_ready_reason", MetricKind::kGauge, Appears::kWithReason, "reason",
               "1 for each of the reasons of /ready."},
    MetricFact{"openbao_kms_status_key_id_hash", MetricKind::kGauge, Appears::kWithActiveKey,
               "hash", "Hash of the key_id that Status returns."},
    MetricFact{"openbao_kms_key_version", MetricKind::kGauge, Appears::kAtStart, "",
               "Transit version of the active key."},
    MetricFact{"openbao_kms_status_cache_age_seconds", MetricKind::kGauge, Appears::kAtStart, "",
               "Time since the last successful metadata probe ended."},
    MetricFact{"openbao_kms_transit_metadata_observation_total", MetricKind::kCounter,
               Appears::kWithFirstEvent, "status", "Observations of the Transit key's metadata."},
    MetricFact{"openbao_kms_rotation_state", MetricKind::kGauge, Appears::kAtStart, "state",
               "State of the key rotation."},
    MetricFact{"openbao_kms_rotation_persistence_degraded", MetricKind::kGauge, Appears::kAtStart,
               "", "1 while a save that only records an observation is deferred."},
    MetricFact{"openbao_kms_state_files_intact", MetricKind::kGauge, Appears::kAtStart, "",
               "1 while the state file and its checkpoint hold what the provider serves with, 0 "
               "when they are gone, replaced or unreadable: a start would fail."},
    MetricFact{"openbao_kms_retired_version_undecryptable", MetricKind::kGauge, Appears::kAtStart,
               "",
               "The newest retired version that OpenBao no longer decrypts, 0 when there is none."},
    MetricFact{"openbao_kms_circuit_breaker_state", MetricKind::kGauge, Appears::kAtStart, "",
               "Probe circuit breaker: 0 closed, 1 open."},
    MetricFact{"openbao_kms_aad_validation_errors_total", MetricKind::kCounter,
               Appears::kWithFirstEvent, "reason",
               "Requests whose annotations, AAD or ciphertext did not validate."},
    MetricFact{"openbao_kms_decrypt_key_id_errors_total", MetricKind::kCounter,
               Appears::kWithFirstEvent, "reason",
               "Decrypt requests with a malformed or unknown key_id."},
    MetricFact{"openbao_kms_panic_recoveries_total", MetricKind::kCounter, Appears::kWithFirstEvent,
               "method", "Exceptions caught in a request handler."},
    MetricFact{"openbao_kms_socket_restarts_total", MetricKind::kCounter, Appears::kAtStart, "",
               "Stale sockets removed."},
    MetricFact{"openbao_kms_build_info", MetricKind::kGauge, Appears::kAtStart,
               "build_date,commit,dirty,version", "Build information."},
    MetricFact{"process_cpu_seconds_total", MetricKind::kCounter, Appears::kAtStart, "",
               "Total user and system CPU time in seconds."},
    MetricFact{"process_resident_memory_bytes", MetricKind::kGauge, Appears::kAtStart, "",
               "Resident memory size in bytes."},
    MetricFact{"process_virtual_memory_bytes", MetricKind::kGauge, Appears::kAtStart, "",
               "Virtual memory size in bytes."},
    MetricFact{"process_virtual_memory_max_bytes", MetricKind::kGauge, Appears::kAtStart, "",
               "Maximum amount of virtual memory available in bytes."},
    MetricFact{"process_open_fds", MetricKind::kGauge, Appears::kAtStart, "",
               "Number of open file descriptors."},
    MetricFact{"process_max_fds", MetricKind::kGauge, Appears::kAtStart, "",
               "Maximum number of open file descriptors."},
    MetricFact{"process_start_time_seconds", MetricKind::kGauge, Appears::kAtStart, "",
               "Start time of the process since 1970 in seconds."}};

// Of a metric in the table; any other name does not compile.
consteval const MetricFact& Fact(std::string_view name) {
  for (const MetricFact& fact : kMetricTable) {
    if (name == fact.name) return fact;
  }
  throw "not in kMetricTable";
}

}  // namespace baokms::adapters::telemetry
