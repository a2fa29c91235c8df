// Every series of observability.md, "Metrics", in a registry of prometheus-cpp.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>

#include "adapters/telemetry/metric_table.h"
#include "adapters/telemetry/telemetry.h"

namespace baokms::adapters::telemetry {

// Series of one family by their label values' number, made when first asked for and found without a
// lock afterwards.
template <typename Metric, std::size_t kCount>
class SeriesTable {
 public:
  template <typename Make>
  Metric& Get(std::size_t number, Make make) {
    Metric* metric = series_[number].load(std::memory_order_acquire);
    if (metric == nullptr) {
      // The family gives two callers the same object.
      metric = &make();
      series_[number].store(metric, std::memory_order_release);
    }
    return *metric;
  }

 private:
  std::array<std::atomic<Metric*>, kCount> series_{};
};

// Any thread.
class Metrics {
 public:
  Metrics(const BuildInfo& build, core::AuthMethod method, core::CertSource source);

  void KmsStarted(core::KmsMethod method);
  void KmsFinished(const ports::KmsRequestEvent& event);
  void OpenBaoFinished(const ports::OpenBaoRequestEvent& event);
  void Failover() { failovers_->Increment(); }
  void BatchSent(std::size_t items) { batch_items_->Observe(static_cast<double>(items)); }
  void DecryptShared() { decrypt_shared_->Increment(); }
  void Login(core::LoginStatus status);
  void Renewal(core::LoginStatus status);
  // A word outside reports-and-labels.md counts as "unknown".
  void Observed(std::string_view status);
  void SocketRestarted() { socket_restarts_->Increment(); }

  // With the gauges read now.
  std::string Scrape(const ports::GaugeReading& gauges) const;

 private:
  using Counter = prometheus::Counter;
  using Counters = prometheus::Family<Counter>;
  using GaugeFamily = prometheus::Family<prometheus::Gauge>;
  using Histogram = prometheus::Histogram;
  using Histograms = prometheus::Family<Histogram>;

  static constexpr std::size_t kMethods = 3;
  static constexpr std::size_t kCodes = 17;
  static constexpr std::size_t kOperations = 10;
  static constexpr std::size_t kStatuses = 15;

  Counters& AddCounters(const MetricFact& fact);
  GaugeFamily& AddGaugeFamily(const MetricFact& fact);
  Histograms& AddHistograms(const MetricFact& fact);

  prometheus::Registry registry_;

  Counters& grpc_requests_;
  Histograms& grpc_duration_;
  GaugeFamily& grpc_in_flight_;
  Counters& concurrency_rejections_;
  Counters& openbao_requests_;
  Histograms& openbao_duration_;
  Counters& logins_;
  Counters& renewals_;
  Counters& observations_;
  Counters& aad_errors_;
  Counters& key_id_errors_;
  Counters& panics_;

  SeriesTable<Counter, kMethods * kCodes> grpc_requests_by_;
  SeriesTable<Histogram, kMethods> grpc_duration_by_;
  std::array<prometheus::Gauge*, kMethods> in_flight_by_{};
  SeriesTable<Counter, kOperations * kStatuses> openbao_requests_by_;
  SeriesTable<Histogram, kOperations> openbao_duration_by_;

  Counter* socket_restarts_;
  Counter* failovers_;
  Counter* decrypt_shared_;
  Histogram* batch_items_;
};

}  // namespace baokms::adapters::telemetry
