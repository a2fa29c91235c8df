#include "adapters/telemetry/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "adapters/telemetry/metric_table.h"
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

  void Gauge(const MetricFact& fact, std::vector<ClientMetric> samples) {
    families_.push_back({.name = fact.name,
                         .help = fact.help,
                         .type = MetricType::Gauge,
                         .metric = std::move(samples)});
  }
  void Gauge(const MetricFact& fact, double value) { Gauge(fact, std::vector{GaugeSample(value)}); }
  void Counter(const MetricFact& fact, double value) {
    ClientMetric sample;
    sample.counter.value = value;
    families_.push_back(
        {.name = fact.name, .help = fact.help, .type = MetricType::Counter, .metric = {sample}});
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
  families.Gauge(Fact("openbao_kms_token_ttl_seconds"), std::max(0.0, gauges.token_ttl.count()));
  families.Gauge(Fact("openbao_kms_certificate_ttl_seconds"),
                 std::max(0.0, gauges.certificate_ttl.count()));
  families.Gauge(Fact("openbao_kms_credential_ttl_seconds"),
                 std::max(0.0, gauges.credential_ttl.count()));
  families.Gauge(Fact("openbao_kms_ready"), flag(gauges.ready));
  // A scrape must not show one series twice.
  std::vector<ClientMetric> reasons;
  for (const std::string& reason : std::set(gauges.reasons.begin(), gauges.reasons.end())) {
    reasons.push_back(GaugeSample(1, "reason", std::string(WordOrUnknown(reason))));
  }
  families.Gauge(Fact("openbao_kms_ready_reason"), std::move(reasons));
  if (IsPublicHash(gauges.status_key_id_hash)) {
    families.Gauge(Fact("openbao_kms_status_key_id_hash"),
                   std::vector{GaugeSample(1, "hash", gauges.status_key_id_hash)});
  }
  families.Gauge(Fact("openbao_kms_key_version"), static_cast<double>(gauges.key_version));
  families.Gauge(Fact("openbao_kms_status_cache_age_seconds"), gauges.status_cache_age.count());
  families.Gauge(Fact("openbao_kms_rotation_state"),
                 std::vector{rotation("active", ports::RotationLabel::kActive),
                             rotation("pending", ports::RotationLabel::kPending),
                             rotation("unknown", ports::RotationLabel::kUnknown)});
  families.Gauge(Fact("openbao_kms_rotation_persistence_degraded"),
                 flag(gauges.persistence_degraded));
  families.Gauge(Fact("openbao_kms_state_files_intact"), flag(gauges.state_files_intact));
  families.Gauge(Fact("openbao_kms_retired_version_undecryptable"),
                 static_cast<double>(gauges.newest_undecryptable));
  families.Gauge(Fact("openbao_kms_circuit_breaker_state"), flag(gauges.breaker_open));
}

void AddProcess(Families& families, const ProcessReading& process) {
  families.Counter(Fact("process_cpu_seconds_total"), process.cpu_seconds);
  families.Gauge(Fact("process_resident_memory_bytes"), process.resident_bytes);
  families.Gauge(Fact("process_virtual_memory_bytes"), process.virtual_bytes);
  families.Gauge(Fact("process_virtual_memory_max_bytes"), process.virtual_max_bytes);
  families.Gauge(Fact("process_open_fds"), process.open_fds);
  families.Gauge(Fact("process_max_fds"), process.max_fds);
  families.Gauge(Fact("process_start_time_seconds"), process.start_time_seconds);
}

}  // namespace

Metrics::Counters& Metrics::AddCounters(const MetricFact& fact) {
  return prometheus::BuildCounter().Name(fact.name).Help(fact.help).Register(registry_);
}

Metrics::GaugeFamily& Metrics::AddGaugeFamily(const MetricFact& fact) {
  return prometheus::BuildGauge().Name(fact.name).Help(fact.help).Register(registry_);
}

Metrics::Histograms& Metrics::AddHistograms(const MetricFact& fact) {
  return prometheus::BuildHistogram().Name(fact.name).Help(fact.help).Register(registry_);
}

Metrics::Metrics(const BuildInfo& build, core::AuthMethod method, core::CertSource source)
    : grpc_requests_(AddCounters(Fact("openbao_kms_grpc_requests_total"))),
      grpc_duration_(AddHistograms(Fact("openbao_kms_grpc_duration_seconds"))),
      grpc_in_flight_(AddGaugeFamily(Fact("openbao_kms_grpc_in_flight"))),
      concurrency_rejections_(AddCounters(Fact("openbao_kms_grpc_concurrency_rejections_total"))),
      openbao_requests_(AddCounters(Fact("openbao_kms_openbao_requests_total"))),
      openbao_duration_(AddHistograms(Fact("openbao_kms_openbao_duration_seconds"))),
      logins_(AddCounters(Fact("openbao_kms_auth_login_total"))),
      renewals_(AddCounters(Fact("openbao_kms_auth_renewal_total"))),
      observations_(AddCounters(Fact("openbao_kms_transit_metadata_observation_total"))),
      aad_errors_(AddCounters(Fact("openbao_kms_aad_validation_errors_total"))),
      key_id_errors_(AddCounters(Fact("openbao_kms_decrypt_key_id_errors_total"))),
      panics_(AddCounters(Fact("openbao_kms_panic_recoveries_total"))),
      socket_restarts_(&AddCounters(Fact("openbao_kms_socket_restarts_total")).Add({})),
      failovers_(&AddCounters(Fact("openbao_kms_openbao_failovers_total")).Add({})),
      decrypt_shared_(&AddCounters(Fact("openbao_kms_decrypt_shared_total")).Add({})),
      batch_items_(&AddHistograms(Fact("openbao_kms_transit_batch_items"))
                        .Add({}, Histogram::BucketBoundaries{1, 2, 4, 8, 16, 32, 64})) {
  for (std::size_t at = 0; at < kMethods; ++at) {
    in_flight_by_[at] = &grpc_in_flight_.Add({{"method", Word(static_cast<core::KmsMethod>(at))}});
  }
  const auto info = [&](const MetricFact& fact, const prometheus::Labels& labels) {
    AddGaugeFamily(fact).Add(labels).Set(1);
  };
  info(Fact("openbao_kms_auth_method_info"), {{"method", Word(method)}});
  info(Fact("openbao_kms_certificate_source_info"), {{"source", Word(source)}});
  info(Fact("openbao_kms_build_info"), {{"version", build.version},
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
