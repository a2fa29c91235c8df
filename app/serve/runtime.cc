#include "app/serve/runtime.h"

#include <utility>

#include "app/build_info.h"
#include "app/configuration/configuration_source.h"
#include "app/process/random_seed.h"
#include "app/process/socket_group.h"
#include "app/reports/failure_advice.h"
#include "app/serve/failed_start_advice.h"
#include "core/registry/registry_opening.h"

namespace baokms::app {
namespace {

namespace grpc_kms = adapters::grpc_kms;

core::KeeperPolicy KeeperPolicyOf(const core::Configuration& configuration) {
  return {.rotation = RotationPolicyOf(configuration),
          .activation_delay = configuration.rotation.activation_delay,
          .probe_interval = configuration.status.probe_interval,
          .deep_probe_interval = configuration.status.deep_probe_interval,
          .start_retry_interval = configuration.bootstrap.retry_interval,
          .max_staleness = configuration.status.status_max_staleness,
          .probe_timeout = configuration.openbao.timeout,
          .plugin_version = kVersion};
}

core::TokenPolicy TokenPolicyOf(const core::AuthConfiguration& auth) {
  return {.login_before_expiry = auth.login_before_token_expiry,
          .renewal_increment =
              std::chrono::duration_cast<std::chrono::seconds>(auth.token_renewal_increment),
          .login_timeout = auth.login_timeout};
}

}  // namespace

Runtime::Runtime(const Environment& environment)
    : env_(environment),
      identity_(std::make_shared<const core::BoundIdentity>(IdentityOf(environment.configuration))),
      store_(file_system_, environment.configuration.state.path),
      loop_(environment.clock),
      alarm_(loop_, environment.clock),
      watch_(store_,
             [this](core::FilesFound found, bool given_back) { TellOfFiles(found, given_back); }) {}

Runtime::~Runtime() { Stop(std::chrono::milliseconds(0)); }

std::expected<std::unique_ptr<Runtime>, StartProblem> Runtime::Build(
    const Environment& environment) {
  std::unique_ptr<Runtime> runtime(new Runtime(environment));
  if (auto opened = runtime->OpenState(); !opened) return std::unexpected(opened.error());
  if (auto opened = runtime->OpenTransports(); !opened) return std::unexpected(opened.error());
  runtime->Connect();
  return runtime;
}

std::expected<void, StartProblem> Runtime::OpenState() {
  auto registry = core::OpenRegistry(store_, identity_);
  if (!registry) {
    return std::unexpected(StartProblem{kStateRefused, registry.error()});
  }
  recovered_ = *std::move(registry);
  had_state_ = recovered_.has_value();
  return {};
}

std::expected<void, StartProblem> Runtime::OpenTransports() {
  auto openbao = OpenBaoClients::Open(env_.configuration, env_.clock, env_.files, env_.telemetry);
  if (!openbao) return std::unexpected(StartProblem{kConfigurationInvalid, openbao.error()});
  openbao_ = *std::move(openbao);
  return {};
}

void Runtime::Connect() {
  const core::Configuration& configuration = env_.configuration;
  // Requests complete after this function, when keys_ is there.
  transit_ = std::make_unique<WatchedTransit>(*openbao_.transit, env_.clock,
                                              [this] { keys_->OpenBaoAnswers(); });
  tokens_ =
      std::make_unique<TokenDriver>(loop_, env_.clock, *openbao_.login.login, env_.telemetry,
                                    TokenPolicyOf(configuration.auth), RandomSeed(env_.random));
  keys_ = std::make_unique<KeyDriver>(
      loop_,
      KeyDriver::Ports{env_.clock, *tokens_, *transit_, env_.random, store_, env_.telemetry, view_,
                       &watch_},
      core::KeyKeeper(KeeperPolicyOf(configuration), identity_, std::move(recovered_)));
  gauges_ = std::make_unique<RuntimeGauges>(
      RuntimeGauges::Sources{env_.clock, view_, *tokens_, history_, watch_},
      RuntimeGauges::Facts{
          .auth_method = configuration.auth.method,
          .required_observations = configuration.rotation.require_stable_observation_count,
          .program_version = kVersion,
          .identity_fingerprint = identity_->fingerprint()});
  service_ = std::make_unique<core::TransitKmsService>(
      core::TransitKmsService::Ports{env_.clock, view_, *tokens_, *transit_, *keys_, exclusion_,
                                     alarm_},
      configuration.openbao.timeout);
}

void Runtime::TellOfFiles(core::FilesFound found, bool given_back) {
  if (given_back) {
    env_.telemetry.Note(core::LogLevel::kWarn, "state.files_given_back", core::Name(found));
  } else if (found == core::FilesFound::kIntact) {
    env_.telemetry.Note(core::LogLevel::kInfo, "state.files_intact");
  } else {
    env_.telemetry.Note(core::LogLevel::kWarn, "state.files_lost", core::Name(found),
                        core::AdviceFor(found));
  }
}

void Runtime::StartProbing(std::move_only_function<void(bool healthy)> on_probe) {
  loop_.Start();
  tokens_->Start([this] { keys_->OpenBaoAnswers(); });
  keys_->Start([this, on_probe = std::move(on_probe)](const ProbeReport& report) mutable {
    {
      const std::lock_guard lock(probe_mutex_);
      probe_ = report;
      if (report.reason) last_failure_ = report;
      const auto& login = tokens_->last_failure();
      login_advice_ = login ? AdviceFor(*login) : std::string();
      history_.Add(report, report.reason ? FailedStartAdvice(report, login_advice_) : "");
    }
    probe_ended_.notify_one();
    if (report.healthy || report.reason) on_probe(report.healthy);
  });
}

std::optional<ProbeReport> Runtime::NextProbe(core::Duration most) {
  std::unique_lock lock(probe_mutex_);
  probe_ended_.wait_for(lock, most, [this] { return probe_.has_value(); });
  return std::exchange(probe_, std::nullopt);
}

std::string Runtime::ExplainFailure() const {
  const std::lock_guard lock(probe_mutex_);
  return FailedStartAdvice(last_failure_, login_advice_);
}

StartProblem Runtime::FailedStart() const {
  const std::lock_guard lock(probe_mutex_);
  return {FailedStartClass(last_failure_), FailedStartAdvice(last_failure_, login_advice_)};
}

bool Runtime::ServesUnhealthy() const {
  const std::lock_guard lock(probe_mutex_);
  return app::ServesUnhealthy(last_failure_, had_state_, tokens_->Current() != nullptr);
}

std::string_view Runtime::FailureReason() const {
  const std::lock_guard lock(probe_mutex_);
  return last_failure_.reason ? core::Name(*last_failure_.reason) : std::string_view();
}

std::expected<void, StartProblem> Runtime::Serve() {
  const core::ServerConfiguration& server = env_.configuration.server;
  const auto group = SocketGroupId(server.socket_group);
  if (!group) {
    return std::unexpected(
        StartProblem{kConfigurationInvalid, "server.socketGroup: this group does not exist"});
  }
  auto started = grpc_kms::KmsServer::Start(
      {.socket_path = server.socket_path,
       .socket_mode = server.socket_mode,
       .socket_gid = group,
       .allowed_uids = server.allowed_peers.uids,
       .allowed_gids = server.allowed_peers.gids,
       .max_concurrent_status = static_cast<std::size_t>(server.max_concurrent_status),
       .max_concurrent_encrypt = static_cast<std::size_t>(server.max_concurrent_encrypt),
       .max_concurrent_decrypt = static_cast<std::size_t>(server.max_concurrent_decrypt)},
      *service_, env_.telemetry);
  if (!started) {
    return std::unexpected(
        StartProblem{kSocketFailed, std::string(grpc_kms::Message(started.error())) + ": " +
                                        std::string(grpc_kms::AdviceFor(started.error()))});
  }
  server_ = *std::move(started);
  gauges_->SetLive(true);
  return {};
}

void Runtime::EveryTurn(core::Duration period, std::move_only_function<void()> task) {
  // The timer re-arms itself: it fires only while the loop turns.
  struct Turn {
    ControlLoop::TimerId timer = 0;
    std::move_only_function<void()> task;
  };
  auto turn = std::make_shared<Turn>();
  turn->task = std::move(task);
  turn->timer = loop_.AddTimer([this, turn, period] {
    turn->task();
    loop_.Arm(turn->timer, env_.clock.Now().monotonic + period);
  });
  loop_.Arm(turn->timer, env_.clock.Now().monotonic);
}

void Runtime::Stop(std::chrono::milliseconds drain) {
  if (std::exchange(stopped_, true)) return;
  if (gauges_) gauges_->BeginDrain();
  if (server_) server_->Shutdown(drain);
  if (gauges_) gauges_->SetLive(false);
  if (keys_) keys_->Stop();
  if (tokens_) tokens_->Stop();
  // The loop first: its tasks use the transports. What the transports complete afterwards posts to
  // a stopped loop, which drops it.
  loop_.Stop();
  openbao_.Close();
}

}  // namespace baokms::app
