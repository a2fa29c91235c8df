// Logs and metrics (observability.md): ports::Telemetry over spdlog and prometheus-cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/configuration.h"
#include "ports/clock.h"
#include "ports/gauges.h"
#include "ports/telemetry.h"

namespace baokms::adapters::telemetry {

// Labels of openbao_kms_build_info.
struct BuildInfo {
  std::string version;
  std::string commit;
  std::string build_date;
  bool dirty = false;
};

// What serves from now on.
struct ServingFacts {
  std::string key_id_hash;  // active; empty: unknown
  std::int64_t transit_key_version = 0;
  std::string listeners;  // the words of those that are bound: "socket, metrics, health"
};

struct TelemetryOptions {
  core::LoggingConfiguration logging;
  core::AuthMethod auth_method = core::AuthMethod::kJwt;
  core::CertSource cert_source = core::CertSource::kNone;
  BuildInfo build;
};

// Where lines go and what their ts is.
struct LogOutput {
  int descriptor = 2;
  // In place of the descriptor: one whole line with its newline, on the writer's thread.
  std::function<void(std::string_view line)> sink;
  std::function<std::chrono::system_clock::time_point()> now = std::chrono::system_clock::now;
};

// Lines are queued and written by a thread of this object, started by the constructor. A reader of
// the log that stalls delays nobody: when 1,024 lines wait, the oldest are dropped.
class Telemetry final : public ports::Telemetry {
 public:
  // `clock` outlives this object. Debug correlation ends options.logging.debug_correlation.ttl from
  // now, on the clock that counts suspend.
  Telemetry(const TelemetryOptions& options, const ports::Clock& clock, LogOutput output = {});
  // Waits at most 2 s for the queued lines.
  ~Telemetry() override;

  bool TellsUids() const override;
  void KmsRequestStarted(core::KmsMethod method) override;
  void KmsRequestFinished(const ports::KmsRequestEvent& event) override;
  void OpenBaoRequestFinished(const ports::OpenBaoRequestEvent& event) override;
  void OpenBaoFailover() override;
  void TransitBatchSent(std::size_t items) override;
  void DecryptShared() override;
  void LoginFinished(core::LoginStatus status, const core::Error* error,
                     core::Duration duration) override;
  void RenewalFinished(core::LoginStatus status, const core::Error* error,
                       core::Duration duration) override;
  void ProbeFinished(const ports::ProbeEvent& event) override;
  void MetadataObserved(std::string_view status) override;
  void KeyPromoted(const ports::PromotionEvent& event) override;
  void RotationPending(std::string_view key_id_hash, std::int64_t version) override;
  void RetiredUndecryptable(std::span<const std::int64_t> versions) override;
  void StaleSocketRemoved() override;
  void ClockRegressed() override;
  void CaFileRefused() override;
  void NameLookupFailed() override;
  void NameLookupWorksAgain() override;

  // `configuration` is a word for where the configuration came from, never a path.
  void ServeStart(std::string_view configuration);
  void ServeReady(const ServingFacts& facts);
  void ServeShutdown();
  // After a failed start, at error: `error_class` and `reason` are bounded words, and `advice` says
  // what a person does, without a value.
  void ServeFailed(std::string_view error_class, std::string_view reason, std::string_view advice);
  // Any other event of the program; `message` and `reason` are bounded words, `advice` as above.
  void Note(core::LogLevel level, std::string_view message, std::string_view reason = {},
            std::string_view advice = {});
  // A line for a person, neither JSON nor filtered, in order with the others ("Logs", failed
  // start).
  void PlainLine(std::string_view text);

  // Any thread; holds from the next event on.
  void SetLevel(core::LogLevel level);
  // True when every line told before the call has been written.
  bool Flush(std::chrono::milliseconds most);

  // Null until bound; unbind only when nobody scrapes any more.
  void BindGauges(const ports::Gauges* gauges);
  // The Prometheus text format, version 0.0.4. Any thread.
  std::string Scrape();

 private:
  class State;
  void WriteProbe(const ports::ProbeEvent& event);
  std::unique_ptr<State> state_;
};

}  // namespace baokms::adapters::telemetry
