#include "adapters/telemetry/telemetry.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "adapters/telemetry/debug_correlation.h"
#include "adapters/telemetry/health_watch.h"
#include "adapters/telemetry/log_line.h"
#include "adapters/telemetry/log_writer.h"
#include "adapters/telemetry/metrics.h"
#include "adapters/telemetry/warning_limit.h"
#include "adapters/telemetry/words.h"
#include "core/model/login_refusal.h"
#include "core/model/readiness.h"
#include "core/text/number_ranges.h"

namespace baokms::adapters::telemetry {
namespace {

using core::LogLevel;

std::string_view Operation(core::KmsMethod method) {
  switch (method) {
    case core::KmsMethod::kStatus:
      return "kms.status";
    case core::KmsMethod::kEncrypt:
      return "kms.encrypt";
    case core::KmsMethod::kDecrypt:
      return "kms.decrypt";
  }
  return "kms.unknown";
}

std::string_view Word(ports::ProbeKind kind) {
  switch (kind) {
    case ports::ProbeKind::kMetadata:
      return "metadata";
    case ports::ProbeKind::kDeep:
      return "deep";
  }
  return "unknown";
}

std::string SpacedName(core::OpenBaoOperation operation) {
  std::string name(core::Name(operation));
  std::ranges::replace(name, '_', ' ');
  return name;
}

}  // namespace

class Telemetry::State {
 public:
  State(const TelemetryOptions& options, const ports::Clock& its_clock, LogOutput output)
      : clock(its_clock),
        metrics(options.build, options.auth_method, options.cert_source),
        correlation(options.logging, its_clock),
        level(options.logging.level),
        build(options.build),
        format(options.logging.format),
        now(std::move(output.now)),
        writer(output.descriptor, std::move(output.sink)) {}

  bool Enabled(LogLevel at) const { return at >= level.load(std::memory_order_relaxed); }

  // How many of `limit` were suppressed before this line, which nullopt suppresses too.
  std::optional<std::int64_t> Admit(WarningLimit& limit, LogLevel at) const {
    return at == LogLevel::kWarn ? limit.Admit(clock.Now().monotonic) : 0;
  }

  LogLine Line(LogLevel at, std::string_view message, std::string_view operation) const {
    LogLine line(format, now(), at, message);
    line.Text("operation", operation);
    return line;
  }

  void Write(LogLine&& line) { writer.Write(std::move(line).Finish()); }

  std::int64_t TakeSuppressed() {
    return kms_warnings.TakeSuppressed() + openbao_warnings.TakeSuppressed();
  }

  // An event that has no fields of its own.
  void WriteEvent(LogLevel at, std::string_view message) {
    if (Enabled(at)) Write(Line(at, message, message));
  }

  void WriteAuth(std::string_view message, LogLevel when_ok, core::LoginStatus status,
                 const core::Error* error, core::Duration duration) {
    const LogLevel at = status == core::LoginStatus::kOk ? when_ok : LogLevel::kWarn;
    if (!Enabled(at)) return;
    LogLine line = Line(at, message, message);
    line.Text("status", core::Name(status)).Milliseconds("duration_ms", duration);
    if (error != nullptr) {
      const auto refusal = core::LoginRefusalOf(*error);
      line.Text("reason", refusal ? core::Name(*refusal) : std::string_view());
      line.Text("error_class", core::Name(error->error_class()));
    }
    Write(std::move(line));
  }

  const ports::Clock& clock;
  Metrics metrics;
  const DebugCorrelation correlation;
  std::atomic<LogLevel> level;
  WarningLimit kms_warnings;
  WarningLimit openbao_warnings;
  HealthWatch health;
  std::atomic<const ports::Gauges*> gauges{nullptr};

  const BuildInfo build;
  const core::LogFormat format;
  const std::function<std::chrono::system_clock::time_point()> now;
  LogWriter writer;  // last: its thread ends first
};

Telemetry::Telemetry(const TelemetryOptions& options, const ports::Clock& clock, LogOutput output)
    : state_(std::make_unique<State>(options, clock, std::move(output))) {}

Telemetry::~Telemetry() = default;

bool Telemetry::TellsUids() const { return state_->correlation.Active(state_->level); }

void Telemetry::KmsRequestStarted(core::KmsMethod method) { state_->metrics.KmsStarted(method); }

void Telemetry::KmsRequestFinished(const ports::KmsRequestEvent& event) {
  state_->metrics.KmsFinished(event);
  const LogLevel at = event.error ? LogLevel::kWarn : LogLevel::kDebug;
  if (!state_->Enabled(at)) return;
  const auto suppressed = state_->Admit(state_->kms_warnings, at);
  if (!suppressed) return;
  LogLine line = state_->Line(at, "kms.request", Operation(event.method));
  line.Text("status", core::Name(event.error ? event.error->code() : core::RpcCode::kOk))
      .Milliseconds("duration_ms", event.duration)
      .Text("key_id_hash", HashOrNothing(event.key_id_hash))
      .Number("transit_key_version", event.transit_key_version);
  if (event.error) {
    line.Text("error_class", core::Name(event.error->error_class()))
        .Flag("panic_recovered", event.error->error_class() == core::ErrorClass::kPanic)
        .Text("panic_type", event.panic_type)
        .Number("suppressed", *suppressed);
  }
  if (state_->correlation.Active(state_->level)) state_->correlation.AddUid(line, event.uid);
  state_->Write(std::move(line));
}

void Telemetry::OpenBaoRequestFinished(const ports::OpenBaoRequestEvent& event) {
  state_->metrics.OpenBaoFinished(event);
  const bool ok = event.status == core::OpenBaoStatus::kOk;
  const LogLevel at = ok ? LogLevel::kDebug : LogLevel::kWarn;
  if (!state_->Enabled(at)) return;
  const auto suppressed = state_->Admit(state_->openbao_warnings, at);
  if (!suppressed) return;
  LogLine line = state_->Line(at, "openbao.request", "openbao.request");
  line.Text("openbao_operation", SpacedName(event.operation))
      .Text("status", core::Name(event.status))
      .Milliseconds("duration_ms", event.duration);
  if (!ok) {
    line.Text("error_class", core::Name(core::OpenBaoFailure(event.status).error_class()))
        .Number("suppressed", *suppressed);
  }
  if (state_->correlation.Active(state_->level)) {
    state_->correlation.AddRequestId(line, event.request_id);
  }
  state_->Write(std::move(line));
}

void Telemetry::OpenBaoFailover() { state_->metrics.Failover(); }

void Telemetry::TransitBatchSent(std::size_t items) { state_->metrics.BatchSent(items); }

void Telemetry::DecryptShared() { state_->metrics.DecryptShared(); }

void Telemetry::LoginFinished(core::LoginStatus status, const core::Error* error,
                              core::Duration duration) {
  state_->metrics.Login(status);
  state_->WriteAuth("auth.login", LogLevel::kInfo, status, error, duration);
}

void Telemetry::RenewalFinished(core::LoginStatus status, const core::Error* error,
                                core::Duration duration) {
  state_->metrics.Renewal(status);
  state_->WriteAuth("auth.renewal", LogLevel::kDebug, status, error, duration);
}

void Telemetry::ProbeFinished(const ports::ProbeEvent& event) {
  WriteProbe(event);
  const auto outage = state_->health.Saw(event.healthy, state_->clock.Now().boot);
  if (!outage || !state_->Enabled(LogLevel::kInfo)) return;
  LogLine line = state_->Line(LogLevel::kInfo, "status.recovered", "status.recovered");
  line.Milliseconds("duration_ms", *outage)
      .Text("key_id_hash", HashOrNothing(event.key_id_hash))
      .Number("transit_key_version", event.transit_key_version);
  state_->Write(std::move(line));
}

void Telemetry::WriteProbe(const ports::ProbeEvent& event) {
  const LogLevel at = event.ok ? LogLevel::kDebug : LogLevel::kWarn;
  if (!state_->Enabled(at)) return;
  LogLine line = state_->Line(at, "status.probe", "status.probe");
  line.Text("status", event.ok ? "ok" : "error")
      .Milliseconds("duration_ms", event.duration)
      .Text("key_id_hash", HashOrNothing(event.key_id_hash))
      .Number("transit_key_version", event.transit_key_version)
      .Text("probe_kind", Word(event.kind))
      .Text("healthz", event.healthy ? "ok" : "unhealthy")
      .Text("reason", WordOrUnknown(event.reason));
  if (event.error_class) line.Text("error_class", core::Name(*event.error_class));
  state_->Write(std::move(line));
}

void Telemetry::MetadataObserved(std::string_view status) { state_->metrics.Observed(status); }

void Telemetry::KeyPromoted(const ports::PromotionEvent& event) {
  if (!state_->Enabled(LogLevel::kInfo)) return;
  LogLine line = state_->Line(LogLevel::kInfo, "key.promoted", "key.promoted");
  line.Text("key_id_hash", HashOrNothing(event.key_id_hash))
      .Number("transit_key_version", event.transit_key_version)
      .Text("previous_key_id_hash", HashOrNothing(event.previous_key_id_hash))
      .Number("previous_transit_key_version", event.previous_transit_key_version);
  state_->Write(std::move(line));
}

void Telemetry::RotationPending(std::string_view key_id_hash, std::int64_t version) {
  if (!state_->Enabled(LogLevel::kInfo)) return;
  LogLine line = state_->Line(LogLevel::kInfo, "rotation.pending", "rotation.pending");
  line.Text("key_id_hash", HashOrNothing(key_id_hash)).Number("transit_key_version", version);
  state_->Write(std::move(line));
}

void Telemetry::RetiredUndecryptable(std::span<const std::int64_t> versions) {
  const bool over = versions.empty();
  const LogLevel at = over ? LogLevel::kInfo : LogLevel::kWarn;
  if (!state_->Enabled(at)) return;
  const std::string_view message = over ? "key.retired_decryptable" : "key.retired_undecryptable";
  LogLine line = state_->Line(at, message, message);
  if (!over) {
    line.Text("reason", core::Name(core::Reason::kRetiredVersionUndecryptable))
        .Text("transit_key_versions", core::NumberRanges(versions));
  }
  state_->Write(std::move(line));
}

void Telemetry::StaleSocketRemoved() {
  state_->metrics.SocketRestarted();
  state_->WriteEvent(LogLevel::kWarn, "socket.stale_removed");
}

void Telemetry::ClockRegressed() { state_->WriteEvent(LogLevel::kWarn, "clock.regressed"); }

void Telemetry::NameLookupFailed() { state_->WriteEvent(LogLevel::kWarn, "openbao.name.failed"); }

void Telemetry::NameLookupWorksAgain() {
  state_->WriteEvent(LogLevel::kInfo, "openbao.name.found");
}

void Telemetry::CaFileRefused() { state_->WriteEvent(LogLevel::kWarn, "ca_file.refused"); }

void Telemetry::ServeStart(std::string_view configuration) {
  if (!state_->Enabled(LogLevel::kInfo)) return;
  LogLine line = state_->Line(LogLevel::kInfo, "serve.start", "serve.start");
  line.Text("version", state_->build.version)
      .Text("commit", state_->build.commit)
      .Text("configuration", WordOrUnknown(configuration));
  state_->Write(std::move(line));
}

void Telemetry::ServeReady(const ServingFacts& facts) {
  if (!state_->Enabled(LogLevel::kInfo)) return;
  LogLine line = state_->Line(LogLevel::kInfo, "serve.ready", "serve.ready");
  line.Text("key_id_hash", HashOrNothing(facts.key_id_hash))
      .Number("transit_key_version", facts.transit_key_version)
      .Text("listeners", facts.listeners);
  state_->Write(std::move(line));
}

void Telemetry::ServeShutdown() {
  if (!state_->Enabled(LogLevel::kInfo)) return;
  LogLine line = state_->Line(LogLevel::kInfo, "serve.shutdown", "serve.shutdown");
  line.Text("status", "ok").Number("suppressed", state_->TakeSuppressed());
  state_->Write(std::move(line));
}

void Telemetry::ServeFailed(std::string_view error_class, std::string_view reason,
                            std::string_view advice) {
  LogLine line = state_->Line(LogLevel::kError, "serve.shutdown", "serve.shutdown");
  line.Text("status", "error")
      .Text("reason", WordOrUnknown(reason))
      .Text("error_class", WordOrUnknown(error_class))
      .Sentence("advice", advice)
      .Number("suppressed", state_->TakeSuppressed());
  state_->Write(std::move(line));
}

void Telemetry::Note(LogLevel level, std::string_view message, std::string_view reason,
                     std::string_view advice) {
  if (!state_->Enabled(level)) return;
  const std::string_view word = WordOrUnknown(message);
  LogLine line = state_->Line(level, word, word);
  line.Text("reason", WordOrUnknown(reason)).Sentence("advice", advice);
  state_->Write(std::move(line));
}

void Telemetry::PlainLine(std::string_view text) { state_->writer.Write(text); }

void Telemetry::SetLevel(LogLevel level) { state_->level = level; }

bool Telemetry::Flush(std::chrono::milliseconds most) { return state_->writer.Flush(most); }

void Telemetry::BindGauges(const ports::Gauges* gauges) { state_->gauges = gauges; }

std::string Telemetry::Scrape() {
  const ports::Gauges* const gauges = state_->gauges;
  return state_->metrics.Scrape(gauges == nullptr ? ports::GaugeReading{} : gauges->ReadGauges());
}

}  // namespace baokms::adapters::telemetry
