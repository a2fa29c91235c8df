// The provider's socket, the same work straight on Transit, and a gRPC handler that does nothing:
// in one run and turn by turn, because a shared machine's speed drifts. The ratios are what counts
// (docs/performance.md).
#include <curl/curl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/chosen_server.h"
#include "tests/bench/figures.h"
#include "tests/bench/key_versions.h"
#include "tests/bench/peer.h"
#include "tests/bench/report.h"
#include "tests/bench/serving.h"
#include "tests/bench/transit_load.h"
#include "tests/bench/transit_work.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/kms_stub.h"
#include "tests/support/harness/openbao_setup.h"
#include "tests/support/harness/provider_config.h"
#include "tests/support/harness/provider_process.h"
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
  std::vector<std::string> operations = {"Status", "Encrypt", "Decrypt", "Oldest"};
  std::vector<int> plaintext_bytes = {32};
  int key_versions = 1;
  std::string peer_socket;
  std::string peer_command;
  int rounds = 15;
  int cell_ms = 120;
  int idle_seconds = 10;
  int system_call_calls = 1000;
  int restarts = 3;
  bool no_batches = false;
  bool brief = false;
  std::string json_file;
};

// What is asked with plaintexts of one size.
struct Size {
  int plaintext_bytes = 32;
  std::vector<KmsCall> calls;       // of the provider and of the empty handler
  std::vector<KmsCall> peer_calls;  // the same of the peer
  TransitWork transit;
  TransitWork transit_oldest;
  std::unique_ptr<ChildProcess> empty_process;
  std::unique_ptr<KmsLoad> empty;  // with replies as long as the provider's
};

// The servers and their clients.
class Bench {
 public:
  Bench(OpenBaoUnderTest& openbao, pid_t openbao_pid, const Flags& flags)
      : flags_(flags),
        openbao_(openbao),
        openbao_pid_(openbao_pid),
        setup_(openbao),
        config_(openbao, setup_),
        token_(setup_.Login()) {
    quick_ = config_.tree;
    config_.tree["transit"]["coalesce"] = !flags.no_batches;
    SetSteadyPace(config_);  // writes it
    report_.server = openbao.name();
    report_.version = openbao.version();
    report_.processors = std::thread::hardware_concurrency();
    report_.cell_ms = flags.cell_ms;
    report_.round_count = flags.rounds;
    report_.key_versions = flags.key_versions;
    StartProvider();
    socket_ = std::make_unique<KmsLoad>(config_.socket());
    if (!flags.peer_socket.empty()) {
      peer_process_ = std::make_unique<Peer>(
          Peer::Options{.socket = flags.peer_socket, .command = flags.peer_command}, openbao,
          setup_);
      peer_ = std::make_unique<KmsLoad>(flags.peer_socket);
    }
    for (const int bytes : flags.plaintext_bytes) sizes_.push_back(Prepare(bytes));
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
    warms_up_ = true;
    bool good = Round(milliseconds(std::max(50, flags_.cell_ms / 4)), 0);
    warms_up_ = false;
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
    if (flags_.key_versions > 1) AgeKey();
    std::vector<double> restarts;
    std::vector<double> processor;
    for (int i = 0; i < flags_.restarts; ++i) {
      StopProvider();
      restarts.push_back(StartMs(config_, provider_));
      const auto used = CpuTime(provider_->child().pid());
      processor.push_back(std::chrono::duration<double, std::milli>(used).count());
    }
    report_.restart_ms = SpreadOf(restarts);
    report_.restart_cpu_ms = SpreadOf(processor);
    if (!provider_->WaitReady()) throw HarnessError("not ready:\n" + provider_->Stderr());
    std::this_thread::sleep_for(200ms);  // the pages of the start go when it is over
    report_.idle_resident_kib = ProcessStatus(provider_->child().pid(), "VmRSS");
    report_.idle_anonymous_kib = ProcessStatus(provider_->child().pid(), "RssAnon");
    report_.state_file_bytes =
        static_cast<std::int64_t>(std::filesystem::file_size(config_.state_file()));
  }

  void StopProvider() {
    if (!provider_->WaitReady()) throw HarnessError("not ready:\n" + provider_->Stderr());
    if (!provider_->Terminate()) throw HarnessError("the provider does not end");
  }

  // Gives the key all its versions, and lets a provider that looks every 200 ms take them over.
  void AgeKey() {
    if (!provider_->WaitReady()) throw HarnessError("not ready:\n" + provider_->Stderr());
    KmsLoad client(config_.socket());
    for (const int bytes : flags_.plaintext_bytes) {
      const KmsCall encrypt = EncryptCall(PlaintextOf(bytes));
      oldest_.push_back(DecryptCalls(client, encrypt, client.Ask(encrypt)));
      oldest_.back().name = "Oldest";
    }
    const std::string first_key_id = KmsStub(config_.socket()).Status().key_id;
    StopProvider();
    GiveVersions(openbao_, setup_, flags_.key_versions);
    const Json steady = config_.tree;
    config_.tree = quick_;
    config_.tree["status"]["deepProbeInterval"] = "1h";
    config_.Write();
    StartMs(config_, provider_);
    const KmsStub stub(config_.socket());
    const bool promoted = Within(120s, 50ms, [&] {
      const StatusAnswer status = stub.Status();
      return status.healthz == "ok" && status.key_id != first_key_id;
    });
    if (!promoted) throw HarnessError("not promoted:\n" + provider_->Stderr());
    report_.takeover_cpu_ms =
        std::chrono::duration<double, std::milli>(CpuTime(provider_->child().pid())).count();
    const auto reads = [&] {
      return provider_
          ->Metric(
              "openbao_kms_openbao_requests_total{operation=\"transit_metadata_read\",status="
              "\"ok\"}")
          .value_or(0);
    };
    const double reads_before = reads();
    const auto cpu_before = CpuTime(provider_->child().pid());
    std::this_thread::sleep_for(3s);
    const auto used = CpuTime(provider_->child().pid()) - cpu_before;
    report_.probe_cpu_us =
        static_cast<double>(used.count()) / 1000 / std::max(1.0, reads() - reads_before);
    StopProvider();
    config_.tree = steady;
    config_.Write();
    StartMs(config_, provider_);
  }

  static std::string PlaintextOf(int bytes) {
    return std::string(static_cast<std::size_t>(bytes), 'x');
  }

  Size Prepare(int bytes) {
    const std::string plaintext = PlaintextOf(bytes);
    Size size;
    size.plaintext_bytes = bytes;
    size.transit =
        PrepareTransit(openbao_, config_, setup_, token_, plaintext, flags_.key_versions);
    size.calls = {StatusCall(), EncryptCall(plaintext)};
    const std::string status = socket_->Ask(size.calls[0]);
    const std::string sealed = socket_->Ask(size.calls[1]);
    size.calls.push_back(DecryptCalls(*socket_, size.calls[1], sealed));
    const std::string opened = socket_->Ask(size.calls[2]);
    if (!opened.ends_with(plaintext)) throw HarnessError("Decrypt gives another plaintext");
    if (flags_.key_versions > 1) {
      size.calls.push_back(oldest_[sizes_.size()]);
      if (!socket_->Ask(size.calls.back()).ends_with(plaintext)) {
        throw HarnessError("Decrypt of the oldest version gives another plaintext");
      }
      size.transit_oldest = PrepareTransit(openbao_, config_, setup_, token_, plaintext);
    }
    StartEmpty(size, {status.size(), sealed.size(), opened.size()});
    if (peer_) {
      size.peer_calls = {StatusCall(), EncryptCall(plaintext)};
      size.peer_calls.push_back(
          DecryptCalls(*peer_, size.peer_calls[1], peer_->Ask(size.peer_calls[1])));
      if (!peer_->Ask(size.peer_calls[2]).ends_with(plaintext)) {
        throw HarnessError("the peer's Decrypt gives another plaintext");
      }
    }
    return size;
  }

  // As many different ones as are ever in flight: identical ones would share calls to OpenBao.
  KmsCall DecryptCalls(KmsLoad& server, const KmsCall& encrypt, const std::string& sealed) {
    KmsCall decrypt = DecryptCall(sealed);
    for (int i = 1; i < *std::ranges::max_element(flags_.in_flight); ++i) {
      decrypt.further.push_back(DecryptCall(server.Ask(encrypt)).request);
    }
    return decrypt;
  }

  void StartEmpty(Size& size, const std::vector<std::size_t>& reply_bytes) {
    const std::string name = "empty" + std::to_string(size.plaintext_bytes);
    const std::string path = directory_.File(name + ".sock");
    std::vector<std::string> argv = {BAOKMS_EMPTY_HANDLER_PATH, path};
    for (const std::size_t bytes : reply_bytes) argv.push_back(std::to_string(bytes));
    size.empty_process = std::make_unique<ChildProcess>(
        ChildProcess::Options{.argv = argv, .stderr_file = directory_.File(name + ".err")});
    if (!Within(10s, 1ms, [&] { return Connects(path); })) {
      throw HarnessError("the empty handler does not serve");
    }
    size.empty = std::make_unique<KmsLoad>(path);
  }

  bool Round(milliseconds time, int round) {
    bool good = true;
    for (std::size_t level = 0; level < flags_.in_flight.size(); ++level) {
      for (const Size& size : sizes_) {
        for (std::size_t call = 0; call < size.calls.size(); ++call) {
          const std::string& name = size.calls[call].name;
          if (std::ranges::find(flags_.operations, name) == flags_.operations.end()) continue;
          // It has no plaintext.
          if (name == "Status" && &size != &sizes_.front()) continue;
          std::vector<Side> sides = {Side::kSocket, Side::kTransit, Side::kEmpty};
          if (call < size.peer_calls.size()) sides.push_back(Side::kPeer);
          // Nobody always goes first.
          std::ranges::rotate(sides, sides.begin() + round % static_cast<int>(sides.size()));
          for (const Side side : sides) {
            if (side == Side::kTransit && name == "Status") continue;
            if (side == Side::kEmpty && name == "Oldest") continue;
            good = Measure(level, size, call, side, time) && good;
          }
        }
      }
      if (warms_up_) WatchMemory(flags_.in_flight[level]);
    }
    return good;
  }

  void WatchMemory(int in_flight) {
    auto& resident = report_.resident_kib[in_flight];
    resident[Side::kSocket] = ProcessStatus(provider_->child().pid(), "VmRSS");
    resident[Side::kEmpty] = ProcessStatus(sizes_.front().empty_process->pid(), "VmRSS");
    if (peer_process_) resident[Side::kPeer] = ProcessStatus(peer_process_->pid(), "VmRSS");
  }

  LoadResult Load(std::size_t level, const Size& size, std::size_t call, Side side,
                  LoadLimit limit) {
    const KmsCall& asked = size.calls[call];
    const int in_flight = flags_.in_flight[level];
    switch (side) {
      case Side::kSocket:
        return socket_->Run(asked, in_flight, limit);
      case Side::kPeer:
        return peer_->Run(size.peer_calls[call], in_flight, limit);
      case Side::kEmpty:
        return size.empty->Run(asked, in_flight, limit);
      case Side::kTransit:
        break;
    }
    const TransitWork& work = asked.name == "Oldest" ? size.transit_oldest : size.transit;
    return asked.name == "Encrypt" ? raw_[level]->Post(work.encrypt_path, work.encrypt_body, limit)
                                   : raw_[level]->Post(work.decrypt_path, work.decrypt_body, limit);
  }

  pid_t ServerOf(const Size& size, Side side) const {
    if (side == Side::kSocket) return provider_->child().pid();
    return side == Side::kPeer ? peer_process_->pid() : size.empty_process->pid();
  }

  bool Measure(std::size_t level, const Size& size, std::size_t call, Side side,
               milliseconds time) {
    // What another side has pushed out of the caches comes back. No more calls than that takes: a
    // thousand at a time may need seconds.
    Load(level, size, call, side, {.calls = 200, .time = time / 10});
    const std::string& operation = size.calls[call].name;
    const pid_t server = ServerOf(size, side);
    const auto server_before = CpuTime(server);
    const auto openbao_before = CpuTime(openbao_pid_);
    const auto client_before = CpuTime(getpid());
    const LoadResult result = Load(level, size, call, side, {.time = time});
    const auto calls = static_cast<double>(result.took_us.size());
    const auto us = [calls](std::chrono::nanoseconds used) {
      return static_cast<double>(used.count()) / 1000 / calls;
    };
    const auto at = [&](double share) {
      return result.took_us[static_cast<std::size_t>(share * (calls - 1))];
    };
    // The provider's Status asks nobody; a peer's may.
    const bool asks_openbao =
        side != Side::kEmpty && (operation != "Status" || side == Side::kPeer);
    report_
        .rounds[{.in_flight = flags_.in_flight[level],
                 .operation = operation,
                 .plaintext_bytes = size.plaintext_bytes,
                 .side = side}]
        .push_back(
            {.p50_us = at(0.5),
             .p90_us = at(0.9),
             .p99_us = at(0.99),
             .calls_per_second = calls / result.seconds,
             .server_cpu_us = side == Side::kTransit ? 0 : us(CpuTime(server) - server_before),
             .openbao_cpu_us = asks_openbao ? us(CpuTime(openbao_pid_) - openbao_before) : 0,
             .client_cpu_us = us(CpuTime(getpid()) - client_before)});
    if (result.failed == 0) return true;
    std::fprintf(stderr, "%d in flight, %s, %s: %d of %.0f calls failed\n", flags_.in_flight[level],
                 operation.c_str(), Name(side).c_str(), static_cast<int>(result.failed), calls);
    // A peer may fail as it likes.
    return side == Side::kPeer;
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
    for (const KmsCall& call : sizes_.front().calls) {
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
  OpenBaoUnderTest& openbao_;
  const pid_t openbao_pid_;
  TempDirectory directory_;
  OpenBaoSetup setup_;
  ProviderConfig config_;
  Json quick_;  // a configuration that looks at the key often
  std::string token_;
  std::unique_ptr<ProviderProcess> provider_;
  std::vector<KmsCall> oldest_;  // Decrypts of what version 1 encrypted, one for each size
  std::unique_ptr<KmsLoad> socket_;
  std::unique_ptr<Peer> peer_process_;
  std::unique_ptr<KmsLoad> peer_;
  std::vector<Size> sizes_;
  std::vector<std::unique_ptr<TransitLoad>> raw_;  // one for each of flags_.in_flight
  bool warms_up_ = false;
  Report report_;
};

int Run(OpenBaoUnderTest& openbao, pid_t openbao_pid, const Flags& flags) {
  Bench bench(openbao, openbao_pid, flags);
  const bool good = bench.Run();
  if (flags.brief) {
    PrintBriefTable(bench.report());
  } else {
    PrintTable(bench.report());
  }
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

}  // namespace
}  // namespace baokms::testing

int main(int argc, char** argv) {
  baokms::testing::Flags flags;
  CLI::App app("The provider's socket beside Transit and beside a gRPC handler that does nothing");
  app.add_option("--server", flags.server, "emulator, openbao, or auto: openbao if it is there")
      ->check(CLI::IsMember({"auto", "emulator", "openbao"}));
  app.add_option("--in-flight", flags.in_flight, "Calls at a time, one level after the other")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  app.add_option("--operations", flags.operations,
                 "Which calls are measured; Oldest: Decrypt under version 1 of several")
      ->delimiter(',')
      ->check(CLI::IsMember({"Status", "Encrypt", "Decrypt", "Oldest"}));
  app.add_option("--plaintext-bytes", flags.plaintext_bytes,
                 "Sizes of plaintexts, one after the other (731 at most under version 1 to 9)")
      ->delimiter(',')
      ->check(CLI::Range(1, 731));
  app.add_option("--key-versions", flags.key_versions,
                 "How many versions the key has, which all decrypt")
      ->check(CLI::Range(1, 20000));
  auto* const peer = app.add_option("--peer", flags.peer_socket,
                                    "Another KMS v2 plugin's socket, measured as a further side");
  app.add_option("--peer-command", flags.peer_command,
                 "Starts the peer on the same OpenBao: a program and its arguments, for sh, with "
                 "BENCH_ADDRESS, BENCH_CA, BENCH_TOKEN, BENCH_MOUNT, BENCH_KEY and BENCH_SOCKET "
                 "in its environment")
      ->needs(peer);
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
  app.add_flag("--no-batches", flags.no_batches, "With transit.coalesce: false");
  app.add_flag("--brief", flags.brief, "Prints the medians of what grows only, and no ratios");
  app.add_option("--json", flags.json_file, "Where the figures go as JSON as well");
  CLI11_PARSE(app, argc, argv);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  try {
    return baokms::testing::OnChosenServer(
        flags.server, [&](baokms::testing::OpenBaoUnderTest& openbao, pid_t pid) {
          return baokms::testing::Run(openbao, pid, flags);
        });
  } catch (const baokms::testing::HarnessError& error) {
    std::fprintf(stderr, "kms_bench: %s\n", error.what());
    return 1;
  }
}
