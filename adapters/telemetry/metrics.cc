#include "adapters/telemetry/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <sstream>
#include <utility>
#include <vector>

#include "adapters/telemetry/process_metrics.h"
#include "adapters/telemetry/words.h"

namespace baokms::adapters::telemetry {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// Seconds: 1 ms doubling, 12 buckets, and three finer ones of ours.
const prometheus::Histogram::BucketBoundaries& LatencyBuckets() {
  static const prometheus::Histogram::BucketBoundaries kBuckets{
      0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016,
      0.032,  0.064,   0.128,  0.256, 0.512, 1.024, 2.048};
  return kBuckets;
}

std::string Word(core::KmsMethod method) {
  switch (method) {
    case core::KmsMethod::kStatus:
      return "status";
    case core::KmsMethod::kEncrypt:
      return "encrypt";
    case core::KmsMethod::kDecrypt:
      return "decrypt";
  }
  return "unknown";
}

std::string Word(core::AuthMethod method) {
  switch (method) {
    case core::AuthMethod::kJwt:
      return "jwt";
    case core::AuthMethod::kCert:
      return "cert";
  }
  return "unknown";
}

std::string Word(core::CertSource source) {
  switch (source) {
    case core::CertSource::kNone:
      return "none";
    case core::CertSource::kPkcs11:
      return "pkcs11";
    case core::CertSource::kSpiffe:
      return "spiffe";
  }
  return "unknown";
}

double Seconds(core::Duration duration) { return std::chrono::duration<double>(duration).count(); }

ClientMetric GaugeSample(double value) {
  ClientMetric sample;
  sample.gauge.value = value;
  return sample;
}

ClientMetric GaugeSample(double value, const char* label, const std::string& label_value) {
  ClientMetric sample = GaugeSample(value);
  sample.label.push_back({.name = label, .value = label_value});
  return sample;
}

class Families {
 public:
  explicit Families(std::vector<MetricFamily> collected) : families_(std::move(collected)) {}

  void Gauge(const char* name, const char* help, std::vector<ClientMetric> samples) {
    families_.push_back(
        {.name = name, .help = help, .type = MetricType::Gauge, .metric = std::move(samples)});
  }
  void Gauge(const char* name, const char* help, double value) {
    Gauge(name, help, std::vector{GaugeSample(value)});
  }
  void Counter(const char* name, const char* help, double value) {
    ClientMetric sample;
    sample.counter.value = value;
    families_.push_back(
        {.name = name, .help = help, .type = MetricType::Counter, .metric = {sample}});
  }

  std::string Serialize() {
    std::erase_if(families_, [](const MetricFamily& family) { return family.metric.empty(); });
    std::ranges::sort(families_, {}, &MetricFamily::name);
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return std::move(out).str();
  }

 private:
  std::vector<MetricFamily> families_;
};

void AddGauges(Families& families, const ports::GaugeReading& gauges) {
  const auto flag = [](bool value) { return value ? 1.0 : 0.0; };
  const auto rotation = [&](const char* word, ports::RotationLabel label) {
    return GaugeSample(flag(gauges.rotation == label), "state", word);
  };
  families.Gauge("openbao_kms_token_ttl_seconds", "Remaining lifetime of the OpenBao token.",
                 std::max(0.0, gauges.token_ttl.count()));
  families.Gauge("openbao_kms_certificate_ttl_seconds",
                 "Remaining lifetime of the login certificate.",
                 std::max(0.0, gauges.certificate_ttl.count()));
  if (IsPublicHash(gauges.status_key_id_hash)) {
    families.Gauge("openbao_kms_status_key_id_hash", "Hash of the key_id that Status returns.",
                   std::vector{GaugeSample(1, "hash", gauges.status_key_id_hash)});
  }
  families.Gauge("openbao_kms_key_version", "Transit version of the active key.",
                 static_cast<double>(gauges.key_version));
  families.Gauge("openbao_kms_status_cache_age_seconds",
                 "Time since the last successful metadata probe ended.",
                 gauges.status_cache_age.count());
  families.Gauge("openbao_kms_rotation_state", "State of the key rotation.",
                 std::vector{rotation("active", ports::RotationLabel::kActive),
                             rotation("pending", ports::RotationLabel::kPending),
                             rotation("unknown", ports::RotationLabel::kUnknown)});
  families.Gauge("openbao_kms_rotation_persistence_degraded",
                 "1 while a save that only records an observation is deferred.",
                 flag(gauges.persistence_degraded));
  families.Gauge(
      "openbao_kms_retired_version_undecryptable",
      "The newest retired version that OpenBao no longer decrypts, 0 when there is none.",
      static_cast<double>(gauges.newest_undecryptable));
  families.Gauge("openbao_kms_circuit_breaker_state", "Probe circuit breaker: 0 closed, 1 open.",
                 flag(gauges.breaker_open));
}

void AddProcess(Families& families, const ProcessReading& process) {
  families.Counter("process_cpu_seconds_total", "Total user and system CPU time in seconds.",
                   process.cpu_seconds);
  families.Gauge("process_resident_memory_bytes", "Resident memory size in bytes.",
                 process.resident_bytes);
  families.Gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.",
                 process.virtual_bytes);
  families.Gauge("process_virtual_memory_max_bytes",
                 "Maximum amount of virtual memory available in bytes.", process.virtual_max_bytes);
  families.Gauge("process_open_fds", "Number of open file descriptors.", process.open_fds);
  families.Gauge("process_max_fds", "Maximum number of open file descriptors.", process.max_fds);
  families.Gauge("process_start_time_seconds", "Start time of the process since 1970 in seconds.",
                 process.start_time_seconds);
}

}  // namespace

Metrics::Counters& Metrics::AddCounters(const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
}

Metrics::Histograms& Metrics::AddHistograms(const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_);
}

Metrics::Metrics(const BuildInfo& build, core::AuthMethod method, core::CertSource source)
    : grpc_requests_(AddCounters("openbao_kms_grpc_requests_total", "KMS requests.")),
      grpc_duration_(AddHistograms("openbao_kms_grpc_duration_seconds", "KMS request latency.")),
      grpc_in_flight_(prometheus::BuildGauge()
                          .Name("openbao_kms_grpc_in_flight")
                          .Help("KMS requests in progress.")
                          .Register(registry_)),
      concurrency_rejections_(AddCounters("openbao_kms_grpc_concurrency_rejections_total",
                                          "KMS requests refused by a concurrency limit.")),
      openbao_requests_(AddCounters("openbao_kms_openbao_requests_total", "Calls to OpenBao.")),
      openbao_duration_(
          AddHistograms("openbao_kms_openbao_duration_seconds", "Latency of calls to OpenBao.")),
      logins_(AddCounters("openbao_kms_auth_login_total", "Logins to OpenBao.")),
      renewals_(AddCounters("openbao_kms_auth_renewal_total", "Token renewals.")),
      observations_(AddCounters("openbao_kms_transit_metadata_observation_total",
                                "Observations of the Transit key's metadata.")),
      aad_errors_(AddCounters("openbao_kms_aad_validation_errors_total",
                              "Requests whose annotations, AAD or ciphertext did not validate.")),
      key_id_errors_(AddCounters("openbao_kms_decrypt_key_id_errors_total",
                                 "Decrypt requests with a malformed or unknown key_id.")),
      panics_(AddCounters("openbao_kms_panic_recoveries_total",
                          "Exceptions caught in a request handler.")),
      socket_restarts_(
          &AddCounters("openbao_kms_socket_restarts_total", "Stale sockets removed.").Add({})),
      failovers_(&AddCounters("openbao_kms_openbao_failovers_total",
                              "Switches to another OpenBao address.")
                      .Add({})),
      decrypt_shared_(&AddCounters("openbao_kms_decrypt_shared_total",
                                   "Replies shared with an identical call of another request.")
                           .Add({})),
      batch_items_(&AddHistograms("openbao_kms_transit_batch_items", "Items per Transit batch.")
                        .Add({}, Histogram::BucketBoundaries{1, 2, 4, 8, 16, 32, 64})) {
  for (std::size_t at = 0; at < kMethods; ++at) {
    in_flight_by_[at] = &grpc_in_flight_.Add({{"method", Word(static_cast<core::KmsMethod>(at))}});
  }
  const auto info = [&](const char* name, const char* help, const prometheus::Labels& labels) {
    prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels).Set(1);
  };
  info("openbao_kms_auth_method_info", "The configured login method.", {{"method", Word(method)}});
  info("openbao_kms_certificate_source_info", "The source of the login certificate.",
       {{"source", Word(source)}});
  info("openbao_kms_build_info", "Build information.",
       {{"version", build.version},
        {"commit", build.commit},
        {"build_date", build.build_date},
        {"dirty", build.dirty ? "true" : "false"}});
}

void Metrics::KmsStarted(core::KmsMethod method) {
  in_flight_by_[static_cast<std::size_t>(method)]->Increment();
}

void Metrics::KmsFinished(const ports::KmsRequestEvent& event) {
  const auto method = static_cast<std::size_t>(event.method);
  in_flight_by_[method]->Decrement();
  const core::RpcCode code = event.error ? event.error->code() : core::RpcCode::kOk;
  grpc_requests_by_
      .Get(method * kCodes + static_cast<std::size_t>(code),
           [&]() -> Counter& {
             return grpc_requests_.Add(
                 {{"method", Word(event.method)}, {"status", std::string(core::Name(code))}});
           })
      .Increment();
  grpc_duration_by_
      .Get(method,
           [&]() -> Histogram& {
             return grpc_duration_.Add({{"method", Word(event.method)}}, LatencyBuckets());
           })
      .Observe(Seconds(event.duration));
  if (!event.error) return;

  const core::ErrorClass error_class = event.error->error_class();
  const std::string reason(core::Name(error_class));
  // Every other class has no counter of its own.
  switch (error_class) {
    case core::ErrorClass::kConcurrencyLimit:
      concurrency_rejections_.Add({{"method", Word(event.method)}}).Increment();
      return;
    case core::ErrorClass::kPanic:
      panics_.Add({{"method", Word(event.method)}}).Increment();
      return;
    case core::ErrorClass::kAadMissing:
    case core::ErrorClass::kAadMismatch:
    case core::ErrorClass::kAnnotationInvalid:
    case core::ErrorClass::kCiphertextInvalid:
      aad_errors_.Add({{"reason", reason}}).Increment();
      return;
    case core::ErrorClass::kKeyIdMalformed:
    case core::ErrorClass::kKeyIdUnknown:
      if (event.method == core::KmsMethod::kDecrypt) {
        key_id_errors_.Add({{"reason", reason}}).Increment();
      }
      return;
    default:
      return;
  }
}

void Metrics::OpenBaoFinished(const ports::OpenBaoRequestEvent& event) {
  const auto operation = static_cast<std::size_t>(event.operation);
  const std::string operation_word(core::Name(event.operation));
  openbao_requests_by_
      .Get(operation * kStatuses + static_cast<std::size_t>(event.status),
           [&]() -> Counter& {
             return openbao_requests_.Add({{"operation", operation_word},
                                           {"status", std::string(core::Name(event.status))}});
           })
      .Increment();
  openbao_duration_by_
      .Get(operation,
           [&]() -> Histogram& {
             return openbao_duration_.Add({{"operation", operation_word}}, LatencyBuckets());
           })
      .Observe(Seconds(event.duration));
}

void Metrics::Login(core::LoginStatus status) {
  logins_.Add({{"status", std::string(core::Name(status))}}).Increment();
}

void Metrics::Renewal(core::LoginStatus status) {
  renewals_.Add({{"status", std::string(core::Name(status))}}).Increment();
}

void Metrics::Observed(std::string_view status) {
  observations_
      .Add({{"status", IsObservationStatus(status) ? std::string(status) : std::string("unknown")}})
      .Increment();
}

std::string Metrics::Scrape(const ports::GaugeReading& gauges) const {
  Families families(registry_.Collect());
  AddGauges(families, gauges);
  AddProcess(families, ReadProcess());
  return families.Serialize();
}

}  // namespace baokms::adapters::telemetry
