// Everything that serves, put together: the one place where adapters meet core. Built, started and
// stopped in an order that leaves no callback without its object.
#pragma once

#include <condition_variable>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "adapters/checked_file/posix_file_reader.h"
#include "adapters/grpc_kms/kms_server.h"
#include "adapters/state_file/file_state_store.h"
#include "adapters/state_file/posix_file_system.h"
#include "adapters/telemetry/telemetry.h"
#include "app/mutex_exclusion.h"
#include "app/openbao/openbao_clients.h"
#include "app/published_view.h"
#include "app/serve/control_loop.h"
#include "app/serve/key_driver.h"
#include "app/serve/loop_alarm.h"
#include "app/serve/probe_history.h"
#include "app/serve/runtime_gauges.h"
#include "app/serve/start_problem.h"
#include "app/serve/state_watch.h"
#include "app/serve/token_driver.h"
#include "app/serve/watched_transit.h"
#include "core/model/configuration.h"
#include "core/registry/registry.h"
#include "core/requests/kms_service.h"
#include "ports/clock.h"
#include "ports/random.h"

namespace baokms::app {

class Runtime {
 public:
  // What outlives the runtime.
  struct Environment {
    const core::Configuration& configuration;
    const ports::Clock& clock;
    ports::Random& random;
    const ports::FileReader& files;
    adapters::telemetry::Telemetry& telemetry;
  };

  // Locks and recovers the state, reads the CA file, starts the threads; talks to nobody yet.
  static std::expected<std::unique_ptr<Runtime>, StartProblem> Build(
      const Environment& environment);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Logs in and probes, from now until the end. `on_probe` hears of every probe's end that
  // leaves Status healthy or says why it is not, on the control loop; it must not block.
  void StartProbing(std::move_only_function<void(bool healthy)> on_probe);
  // The newest probe's end that nobody took yet, within `most`.
  std::optional<ProbeReport> NextProbe(core::Duration most);
  // What the last failed probe and login mean for a person.
  std::string ExplainFailure() const;
  StartProblem FailedStart() const;
  // Whether it is worth serving although Status is not healthy.
  bool ServesUnhealthy() const;
  // The reason of the last failed probe, for the log.
  std::string_view FailureReason() const;

  // Binds the socket and serves.
  std::expected<void, StartProblem> Serve();
  // Drains for `drain`, then ends everything. Idempotent.
  void Stop(std::chrono::milliseconds drain);

  RuntimeGauges& gauges() { return *gauges_; }
  // Runs `task` on the control loop about every `period` (the watchdog's food).
  void EveryTurn(core::Duration period, std::move_only_function<void()> task);

 private:
  explicit Runtime(const Environment& environment);
  std::expected<void, StartProblem> OpenState();
  std::expected<void, StartProblem> OpenTransports();
  void Connect();
  void TellOfFiles(core::FilesFound found, bool given_back);

  Environment env_;
  core::Registry::Identity identity_;
  std::optional<core::Registry> recovered_;  // moved on to keys_
  bool had_state_ = false;
  adapters::state_file::PosixFileSystem file_system_;
  adapters::state_file::FileStateStore store_;
  ControlLoop loop_;
  LoopAlarm alarm_;
  MutexExclusion exclusion_;
  PublishedView view_;
  OpenBaoClients openbao_;
  std::unique_ptr<WatchedTransit> transit_;
  std::unique_ptr<TokenDriver> tokens_;
  std::unique_ptr<KeyDriver> keys_;
  StateWatch watch_;
  ProbeHistory history_;
  std::unique_ptr<RuntimeGauges> gauges_;
  std::unique_ptr<core::TransitKmsService> service_;
  std::unique_ptr<adapters::grpc_kms::KmsServer> server_;
  bool stopped_ = false;

  // From the loop's thread to the main one.
  mutable std::mutex probe_mutex_;
  std::condition_variable probe_ended_;
  std::optional<ProbeReport> probe_;
  ProbeReport last_failure_;
  std::string login_advice_;
};

}  // namespace baokms::app
