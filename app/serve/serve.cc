#include "app/serve/serve.h"

#include "adapters/checked_file/posix_file_reader.h"
#include "adapters/systemd/systemd_supervisor.h"
#include "adapters/telemetry/telemetry.h"
#include "app/build_info.h"
#include "app/process/socket_group.h"
#include "app/process/start_pages.h"
#include "app/process/startup.h"
#include "app/process/system_clock.h"
#include "app/process/system_random.h"
#include "app/serve/confinement.h"
#include "app/serve/failed_start_advice.h"
#include "app/serve/listeners.h"
#include "app/serve/runtime.h"
#include "app/serve/signals.h"
#include "app/serve/start_problem.h"
#include "app/serve/status_line.h"

namespace baokms::app {
namespace {

namespace telemetry = adapters::telemetry;

constexpr std::chrono::seconds kDrain{15};

telemetry::TelemetryOptions TelemetryOptionsOf(const core::Configuration& configuration) {
  return {
      .logging = configuration.logging,
      .auth_method = configuration.auth.method,
      .cert_source = configuration.auth.cert.source,
      .build = {.version = kVersion, .commit = kCommit, .build_date = kBuildDate, .dirty = kDirty}};
}

// A word for the log, which shows no path.
std::string_view ConfigurationClass(const std::string& file) {
  if (file.empty()) return "none";
  return file == "/etc/openbao-kms/config.yaml" ? "default_path" : "other_path";
}

// Every problem on standard error: as the log's last line, for who collects it, and in lines for a
// person.
ExitCode RefuseToServe(const ConfigProblems& problems) {
  std::string advice;
  for (const auto& problem : problems) {
    advice += (advice.empty() ? "" : "; ") + adapters::config_yaml::FormatProblem(problem);
  }
  const SystemClock clock;
  telemetry::Telemetry log({}, clock);
  log.ServeFailed(kConfigurationInvalid, "start_failed", advice);
  log.Flush(std::chrono::seconds(2));
  return RefuseConfiguration(problems);
}

// One run of the provider, once its configuration is good.
class ServeRun {
 public:
  ServeRun(const ConfigurationRequest& request, const core::Configuration& configuration,
           const ports::FileReader& files, const Signals& signals, const Confinement& confinement)
      : request_(request),
        configuration_(configuration),
        files_(files),
        signals_(signals),
        confinement_(confinement),
        log_(TelemetryOptionsOf(configuration), clock_) {}

  ExitCode Run() {
    log_.ServeStart(ConfigurationClass(ConfigurationFile(request_)));
    confinement_.TellOfFiles(log_);
    const bool lock_memory = configuration_.hardening.lock_memory;
    if (!OpenLibraries(lock_memory) && lock_memory) {
      log_.Note(core::LogLevel::kWarn, "memory.not_locked", "memlock_limit");
    }
    auto runtime = Runtime::Build({configuration_, clock_, random_, files_, log_});
    if (!runtime) return Fail(runtime.error());
    return Run(**runtime);
  }

 private:
  ExitCode Run(Runtime& runtime) {
    log_.BindGauges(&runtime.gauges());
    const Listeners listeners = StartListeners(configuration_.server, runtime.gauges(), log_);
    FeedWatchdog(runtime);
    runtime.StartProbing([this, &runtime](bool healthy) {
      status_.ProbeEnded(healthy ? std::string() : runtime.ExplainFailure());
    });
    switch (AwaitHealth(runtime)) {
      case Start::kHealthy:
        break;
      case Start::kUnhealthy:
        TellUnhealthy(runtime);
        break;
      case Start::kNoSocket:
        runtime.Stop(std::chrono::milliseconds(0));
        return Fail(no_socket_);
      case Start::kFailed: {
        const StartProblem problem = runtime.FailedStart();
        runtime.Stop(std::chrono::milliseconds(0));
        return Fail(problem);
      }
      case Start::kTerminated:
        return End(runtime);
    }
    const ports::GaugeReading gauges = runtime.gauges().ReadGauges();
    log_.ServeReady({.key_id_hash = gauges.status_key_id_hash,
                     .transit_key_version = gauges.key_version,
                     .listeners = WordsOf(listeners)});
    status_.Serves();
    supervisor_.Ready();
    start_pages_.GiveBack();
    AwaitTermination();
    return End(runtime);
  }

  ExitCode End(Runtime& runtime) {
    status_.Stops();
    supervisor_.Stopping();
    runtime.Stop(kDrain);
    log_.ServeShutdown();
    return ExitCode::kOk;
  }

  enum class Start { kHealthy, kUnhealthy, kNoSocket, kFailed, kTerminated };

  // Retries for bootstrap.graceTimeout; 0 is one try. A try under way at the end is
  // awaited: each has its own bound. What no retry can mend is told at once. After the grace time
  // API servers that already run may still be helped.
  Start AwaitHealth(Runtime& runtime) {
    const core::MonotonicTime give_up =
        clock_.Now().monotonic + configuration_.bootstrap.grace_timeout;
    while (true) {
      const auto probe = runtime.NextProbe(std::chrono::milliseconds(200));
      if (probe && IsHopeless(*probe)) return Start::kFailed;
      const bool over = clock_.Now().monotonic >= give_up;
      if (probe && (probe->healthy || probe->reason)) {
        if (!probe->healthy && over && !runtime.ServesUnhealthy()) return Start::kFailed;
        if (!OpenSocket(runtime)) return Start::kNoSocket;
        if (probe->healthy) return Start::kHealthy;
        if (over) return Start::kUnhealthy;
      }
      if (over && clock_.Now().monotonic >= give_up + LongestTry()) return Start::kFailed;
      if (const int signal = signals_.Wait({}); signal == SIGTERM || signal == SIGINT) {
        return Start::kTerminated;
      }
      supervisor_.ExtendStart(std::chrono::duration_cast<std::chrono::microseconds>(
          LongestTry() + std::chrono::seconds(10)));
    }
  }

  // From the first probe's end on, also when Status is unhealthy: where nobody listens,
  // kube-apiserver tries ever less often, and would stay away for up to 2 min after OpenBao is back
  // (request-scheduling.md, "Start"). Not before, because Status would be unhealthy without a
  // reason.
  bool OpenSocket(Runtime& runtime) {
    if (socket_is_open_) return true;
    if (auto served = runtime.Serve(); !served) {
      no_socket_ = served.error();
      return false;
    }
    socket_is_open_ = true;
    confinement_.RestrictCalls(log_);
    return true;
  }

  core::Duration LongestTry() const {
    return 2 * configuration_.openbao.timeout + configuration_.auth.login_timeout +
           configuration_.bootstrap.retry_interval;
  }

  void AwaitTermination() {
    while (true) {
      switch (signals_.Wait(std::chrono::hours(1))) {
        case SIGTERM:
        case SIGINT:
          return;
        case SIGHUP:
          ReloadLogLevel();
          break;
        default:
          break;
      }
    }
  }

  void ReloadLogLevel() {
    const auto fresh = LoadConfiguration(request_, files_);
    if (fresh) {
      log_.SetLevel(fresh->logging.level);
      log_.Note(core::LogLevel::kInfo, "log_level.reloaded");
    } else {
      log_.Note(core::LogLevel::kWarn, "log_level.reload_refused", "config_invalid");
    }
  }

  // Fed by the control loop's turns, never by a probe's success.
  void FeedWatchdog(Runtime& runtime) {
    const auto period = supervisor_.WatchdogPeriod();
    if (!period) return;
    runtime.EveryTurn(*period / 3, [this] { supervisor_.Watchdog(); });
  }

  void TellUnhealthy(const Runtime& runtime) {
    const std::string why = runtime.ExplainFailure();
    log_.Note(core::LogLevel::kWarn, "serve.unhealthy", runtime.FailureReason(), why);
    log_.PlainLine("serving what can be decrypted although Status is unhealthy: " + why);
  }

  ExitCode Fail(const StartProblem& problem) {
    log_.ServeFailed(problem.error_class, "start_failed", problem.what_to_do);
    log_.PlainLine(problem.what_to_do);
    log_.Flush(std::chrono::seconds(2));
    return ExitCode::kRuntime;
  }

  const ConfigurationRequest& request_;
  const core::Configuration& configuration_;
  const ports::FileReader& files_;
  const Signals& signals_;
  const Confinement& confinement_;
  const StartPages start_pages_;
  SystemClock clock_;
  SystemRandom random_;
  adapters::systemd::SystemdSupervisor supervisor_;
  StatusLine status_{[this](const std::string& line) { supervisor_.Status(line); }};
  telemetry::Telemetry log_;
  bool socket_is_open_ = false;
  StartProblem no_socket_;  // of Start::kNoSocket
};

}  // namespace

ExitCode Serve(const ConfigurationRequest& request) {
  HardenProcess();
  const Signals signals;
  const adapters::checked_file::PosixFileReader files;
  const auto configuration = LoadCheckedConfiguration(request, files);
  if (!configuration) return RefuseToServe(configuration.error());
  if (!SocketGroupId(configuration->server.socket_group)) {
    return RefuseToServe({{.field = "server.socketGroup",
                           .line = 0,
                           .message = "this machine has no such group; create it or use a gid"}});
  }
  // Before the first thread, which writes the log.
  const Confinement confinement(*configuration, ConfigurationFile(request));
  return ServeRun(request, *configuration, files, signals, confinement).Run();
}

}  // namespace baokms::app
