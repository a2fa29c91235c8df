// The provider's socket, the same work straight on Transit, and a gRPC handler that does nothing:
// in one run and turn by turn, because a shared machine's speed drifts. The ratios are what counts
// (docs/performance.md).
#include <curl/curl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/text/base64.h"
#include "core/wire/aad.h"
#include "core/wire/key_id.h"
#include "tests/bench/emulator_process.h"
#include "tests/bench/figures.h"
#include "tests/bench/report.h"
#include "tests/bench/transit_load.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/openbao_setup.h"
#include "tests/support/harness/provider_config.h"
#include "tests/support/harness/provider_process.h"
#include "tests/support/harness/real_openbao.h"
#include "tests/support/harness/temp_directory.h"
#include "tests/support/harness/within.h"
#include "tests/support/measure/kms_load.h"
#include "tests/support/measure/process_usage.h"
#include "tests/support/measure/steady_pace.h"
#include "tests/support/measure/system_calls.h"

namespace baokms::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Flags {
  std::string server = "auto";
  std::vector<int> in_flight = {1, 64};
  std::vector<std::string> operations = {"Status", "Encrypt", "Decrypt"};
  int rounds = 15;
  int cell_ms = 120;
  int idle_seconds = 10;
  int system_call_calls = 1000;
  int restarts = 3;
  std::string json_file;
};

bool Connects(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // sockaddr_un is what connect takes for this family.
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

// From just before exec until the socket can be connected to.
double StartMs(const ProviderConfig& config, std::unique_ptr<ProviderProcess>& provider) {
  const auto began = steady_clock::now();
  provider = std::make_unique<ProviderProcess>(config);
  while (!Connects(config.socket())) {
    if (!provider->child().Running() || steady_clock::now() - began > 15s) {
      throw HarnessError("the provider does not serve:\n" + provider->Stderr());
    }
    std::this_thread::sleep_for(200us);
  }
  return std::chrono::duration<double, std::milli>(steady_clock::now() - began).count();
}

// Work straight on Transit, with what the provider would send.
struct TransitWork {
  std::string encrypt_path;
  std::string encrypt_body;
  std::string decrypt_path;
  std::string decrypt_body;
};

std::string AssociatedData(const ProviderConfig& config, const OpenBaoSetup& setup) {
  const Json& scope = config.tree.at("transit").at("keyIdScope");
  const auto part = [&](const char* name) { return scope.at(name).get<std::string>(); };
  const core::ProviderIdentity identity{
      .provider_name = part("providerName"),
      .cluster_id = part("clusterId"),
      .openbao_instance_id = config.tree.at("openbao").at("instanceId").get<std::string>(),
      .openbao_namespace = "",
      .transit_mount_id = part("transitMountId"),
      .transit_key_lineage_id = part("keyLineageId"),
      .transit_mount_path = setup.options().transit_mount,
      .transit_key_name = setup.options().key_name};
  const core::TransitKeyVersion version = core::TransitKeyVersion::First();
  const core::KeyId key_id = core::DeriveKeyId(identity, version, 1'700'000'000);
  return core::BuildAad(identity, version, key_id).associated_data();
}

TransitWork PrepareTransit(const OpenBaoUnderTest& openbao, const ProviderConfig& config,
                           const OpenBaoSetup& setup, const std::string& token,
                           const std::string& plaintext) {
  const std::string aad = AssociatedData(config, setup);
  const Json encrypt = {
      {"plaintext", core::Base64Encode(plaintext)}, {"associated_data", aad}, {"key_version", 1}};
  const std::string mount = setup.options().transit_mount;
  const std::string key = setup.options().key_name;
  TransitWork work{.encrypt_path = mount + "/encrypt/" + key,
                   .encrypt_body = encrypt.dump(),
                   .decrypt_path = mount + "/decrypt/" + key,
                   .decrypt_body = ""};
  const AdminReply sealed = openbao.Call("POST", work.encrypt_path, encrypt, token);
  if (!sealed.ok()) throw HarnessError("encrypt: " + sealed.text);
  work.decrypt_body =
      Json{{"ciphertext", sealed.data().at("ciphertext")}, {"associated_data", aad}}.dump();
  return work;
}

// The three servers and their clients.
class Bench {
 public:
  Bench(OpenBaoUnderTest& openbao, pid_t openbao_pid, const Flags& flags)
      : flags_(flags),
        openbao_pid_(openbao_pid),
        setup_(openbao),
        config_(openbao, setup_),
        token_(setup_.Login()) {
    SetSteadyPace(config_);
    report_.server = openbao.name();
    report_.version = openbao.version();
    report_.processors = std::thread::hardware_concurrency();
    report_.cell_ms = flags.cell_ms;
    report_.round_count = flags.rounds;
    StartProvider();
    const std::string plaintext(32, 'x');
    transit_ = PrepareTransit(openbao, config_, setup_, token_, plaintext);
    socket_ = std::make_unique<KmsLoad>(config_.socket());
    calls_ = {StatusCall(), EncryptCall(plaintext)};
    StartEmpty(plaintext);
    for (const int in_flight : flags.in_flight) {
      raw_.push_back(
          std::make_unique<TransitLoad>(TransitLoad::Options{.address = openbao.address(),
                                                             .ca_file = openbao.ca_file(),
                                                             .token = token_,
                                                             .connections = in_flight}));
    }
  }

  // False when a call failed.
  bool Run() {
    bool good = Round(milliseconds(std::max(50, flags_.cell_ms / 4)), 0);  // warm-up
    report_.rounds.clear();
    for (int round = 0; round < flags_.rounds; ++round) {
      good = Round(milliseconds(flags_.cell_ms), round) && good;
    }
    const pid_t pid = provider_->child().pid();
    report_.loaded_resident_kib = ProcessStatus(pid, "VmRSS");
    report_.loaded_anonymous_kib = ProcessStatus(pid, "RssAnon");
    report_.threads = ProcessStatus(pid, "Threads");
    WatchIdle(pid);
    CountCalls(pid);
    return good;
  }

  const Report& report() const { return report_; }

 private:
  void StartProvider() {
    report_.first_start_ms = StartMs(config_, provider_);
    std::vector<double> restarts;
    for (int i = 0; i < flags_.restarts; ++i) {
      if (!provider_->WaitReady()) throw HarnessError("not ready:\n" + provider_->Stderr());
      if (!provider_->Terminate()) throw HarnessError("the provider does not end");
      restarts.push_back(StartMs(config_, provider_));
    }
    report_.restart_ms = SpreadOf(restarts);
    if (!provider_->WaitReady()) throw HarnessError("not ready:\n" + provider_->Stderr());
    std::this_thread::sleep_for(200ms);  // the pages of the start go when it is over
    report_.idle_resident_kib = ProcessStatus(provider_->child().pid(), "VmRSS");
    report_.idle_anonymous_kib = ProcessStatus(provider_->child().pid(), "RssAnon");
  }

  // With replies as long as the provider's.
  void StartEmpty(const std::string& plaintext) {
    const std::string status = socket_->Ask(calls_[0]);
    const std::string sealed = socket_->Ask(calls_[1]);
    calls_.push_back(DecryptCall(sealed));
    // Identical ones would share calls to OpenBao.
    for (int i = 1; i < *std::ranges::max_element(flags_.in_flight); ++i) {
      calls_.back().further.push_back(DecryptCall(socket_->Ask(calls_[1])).request);
    }
    const std::string opened = socket_->Ask(calls_[2]);
    if (!opened.ends_with(plaintext)) throw HarnessError("Decrypt gives another plaintext");
    const std::string path = directory_.File("empty.sock");
    empty_process_ = std::make_unique<ChildProcess>(ChildProcess::Options{
        .argv = {BAOKMS_EMPTY_HANDLER_PATH, path, std::to_string(status.size()),
                 std::to_string(sealed.size()), std::to_string(opened.size())},
        .stderr_file = directory_.File("empty.err")});
    if (!Within(10s, 1ms, [&] { return Connects(path); })) {
      throw HarnessError("the empty handler does not serve");
    }
    empty_ = std::make_unique<KmsLoad>(path);
  }

  bool Round(milliseconds time, int round) {
    bool good = true;
    for (std::size_t level = 0; level < flags_.in_flight.size(); ++level) {
      for (const KmsCall& call : calls_) {
        if (std::ranges::find(flags_.operations, call.name) == flags_.operations.end()) continue;
        std::vector<Side> sides = {Side::kSocket, Side::kTransit, Side::kEmpty};
        // Nobody always goes first.
        std::ranges::rotate(sides, sides.begin() + round % 3);
        for (const Side side : sides) {
          if (side == Side::kTransit && call.name == "Status") continue;
          good = Measure(level, call, side, time) && good;
        }
      }
    }
    return good;
  }

  LoadResult Load(std::size_t level, const KmsCall& call, Side side, LoadLimit limit) {
    if (side == Side::kTransit) {
      return call.name == "Encrypt"
                 ? raw_[level]->Post(transit_.encrypt_path, transit_.encrypt_body, limit)
                 : raw_[level]->Post(transit_.decrypt_path, transit_.decrypt_body, limit);
    }
    KmsLoad& load = side == Side::kSocket ? *socket_ : *empty_;
    return load.Run(call, flags_.in_flight[level], limit);
  }

  bool Measure(std::size_t level, const KmsCall& call, Side side, milliseconds time) {
    // What another side has pushed out of the caches comes back.
    Load(level, call, side, {.time = time / 10});
    const pid_t server = side == Side::kSocket ? provider_->child().pid() : empty_process_->pid();
    const auto server_before = CpuTime(server);
    const auto openbao_before = CpuTime(openbao_pid_);
    const auto client_before = CpuTime(getpid());
    const LoadResult result = Load(level, call, side, {.time = time});
    const auto calls = static_cast<double>(result.took_us.size());
    const auto us = [calls](std::chrono::nanoseconds used) {
      return static_cast<double>(used.count()) / 1000 / calls;
    };
    const auto at = [&](double share) {
      return result.took_us[static_cast<std::size_t>(share * (calls - 1))];
    };
    report_.rounds[{.in_flight = flags_.in_flight[level], .operation = call.name, .side = side}]
        .push_back(
            {.p50_us = at(0.5),
             .p90_us = at(0.9),
             .p99_us = at(0.99),
             .calls_per_second = calls / result.seconds,
             .server_cpu_us = side == Side::kTransit ? 0 : us(CpuTime(server) - server_before),
             .openbao_cpu_us = side == Side::kEmpty || call.name == "Status"
                                   ? 0
                                   : us(CpuTime(openbao_pid_) - openbao_before),
             .client_cpu_us = us(CpuTime(getpid()) - client_before)});
    if (result.failed == 0) return true;
    std::fprintf(stderr, "%d in flight, %s, %s: %d of %.0f calls failed\n", flags_.in_flight[level],
                 call.name.c_str(), Name(side).c_str(), static_cast<int>(result.failed), calls);
    return false;
  }

  // With the client's connection open, as kube-apiserver keeps one.
  void WatchIdle(pid_t pid) {
    if (flags_.idle_seconds == 0) return;
    std::this_thread::sleep_for(1s);
    const std::int64_t before = ContextSwitches(pid);
    std::this_thread::sleep_for(std::chrono::seconds(flags_.idle_seconds));
    report_.idle_context_switches_per_minute =
        static_cast<double>(ContextSwitches(pid) - before) * 60 / flags_.idle_seconds;
  }

  void CountCalls(pid_t pid) {
    report_.system_call_calls = flags_.system_call_calls;
    if (flags_.system_call_calls == 0) {
      report_.no_system_calls = "as asked";
      return;
    }
    for (const KmsCall& call : calls_) {
      const auto counted = CountSystemCalls(pid, [&] {
        socket_->Run(call, 1, {.calls = static_cast<std::size_t>(flags_.system_call_calls)});
      });
      if (!counted) {
        report_.no_system_calls = counted.error();
        return;
      }
      report_.system_calls[call.name] = *counted;
    }
  }

  const Flags& flags_;
  const pid_t openbao_pid_;
  TempDirectory directory_;
  OpenBaoSetup setup_;
  ProviderConfig config_;
  std::string token_;
  std::unique_ptr<ProviderProcess> provider_;
  TransitWork transit_;
  std::unique_ptr<ChildProcess> empty_process_;
  std::unique_ptr<KmsLoad> socket_;
  std::unique_ptr<KmsLoad> empty_;
  std::vector<std::unique_ptr<TransitLoad>> raw_;  // one for each of flags_.in_flight
  std::vector<KmsCall> calls_;
  Report report_;
};

int Run(OpenBaoUnderTest& openbao, pid_t openbao_pid, const Flags& flags) {
  Bench bench(openbao, openbao_pid, flags);
  const bool good = bench.Run();
  PrintTable(bench.report());
  if (!flags.json_file.empty()) {
    std::ofstream out(flags.json_file);
    out << ToJson(bench.report()).dump(2) << "\n";
    if (!out.flush()) {
      std::fprintf(stderr, "cannot write %s\n", flags.json_file.c_str());
      return 1;
    }
  }
  return good ? 0 : 1;
}

int RunOn(const Flags& flags) {
  const auto program =
      flags.server == "emulator" ? std::optional<std::string>() : FindRealOpenBao();
  if (program) {
    RealOpenBao openbao(*program, OpenBaoStorage::kMemory);
    return Run(openbao, openbao.pid(), flags);
  }
  if (flags.server == "openbao") throw HarnessError(HowToGetOpenBao());
  EmulatorProcess emulator;
  return Run(emulator, emulator.pid(), flags);
}

}  // namespace
}  // namespace baokms::testing

int main(int argc, char** argv) {
  baokms::testing::Flags flags;
  CLI::App app("The provider's socket beside Transit and beside a gRPC handler that does nothing");
  app.add_option("--server", flags.server, "emulator, openbao, or auto: openbao if it is there")
      ->check(CLI::IsMember({"auto", "emulator", "openbao"}));
  app.add_option("--in-flight", flags.in_flight, "Calls at a time, one level after the other")
      ->delimiter(',')
      ->check(CLI::Range(1, 256));
  app.add_option("--operations", flags.operations, "Which calls are measured")
      ->delimiter(',')
      ->check(CLI::IsMember({"Status", "Encrypt", "Decrypt"}));
  app.add_option("--rounds", flags.rounds, "How often everything is measured")
      ->check(CLI::Range(1, 1000));
  app.add_option("--cell-ms", flags.cell_ms, "How long each call of each side is measured a round")
      ->check(CLI::Range(10, 60000));
  app.add_option("--idle-seconds", flags.idle_seconds, "How long the idle provider is watched")
      ->check(CLI::Range(0, 600));
  app.add_option("--system-calls", flags.system_call_calls,
                 "Over how many calls system calls are counted (0: not at all)")
      ->check(CLI::Range(0, 100000));
  app.add_option("--restarts", flags.restarts, "How many starts are timed after the first one")
      ->check(CLI::Range(0, 100));
  app.add_option("--json", flags.json_file, "Where the figures go as JSON as well");
  CLI11_PARSE(app, argc, argv);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  try {
    return baokms::testing::RunOn(flags);
  } catch (const baokms::testing::HarnessError& error) {
    std::fprintf(stderr, "kms_bench: %s\n", error.what());
    return 1;
  }
}
