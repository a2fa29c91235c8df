// How long a Status takes while the provider has other things to do, beside the same Status of a
// gRPC handler that does nothing: alone, while 64 Decrypts are in flight through the provider, and
// while OpenBao hangs with one Decrypt waiting for it. Both sides are asked while the load is the
// same (docs/performance.md).
#include <curl/curl.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/chosen_server.h"
#include "tests/bench/figures.h"
#include "tests/bench/serving.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/openbao_setup.h"
#include "tests/support/harness/provider_config.h"
#include "tests/support/harness/provider_process.h"
#include "tests/support/harness/temp_directory.h"
#include "tests/support/harness/within.h"
#include "tests/support/measure/kms_load.h"
#include "tests/support/measure/process_usage.h"
#include "tests/support/measure/steady_pace.h"

namespace baokms::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

struct Flags {
  std::string server = "auto";
  int rounds = 15;
  int cell_ms = 300;
};

constexpr int kInFlight = 64;

// Decrypts without end, by a thread and a connection of their own.
class Decrypts {
 public:
  Decrypts(const std::string& socket, const KmsCall& call, int in_flight)
      : thread_([this, socket, call, in_flight] {
          KmsLoad load(socket);
          while (!over_) load.Run(call, in_flight, {.time = 50ms});
        }) {
    std::this_thread::sleep_for(100ms);
  }
  ~Decrypts() {
    over_ = true;
    thread_.join();
  }
  Decrypts(const Decrypts&) = delete;
  Decrypts& operator=(const Decrypts&) = delete;

 private:
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

// One situation: the ratios of each round, and the times of both sides.
struct Ratios {
  std::vector<double> p50_us[2];
  std::vector<double> p99_us[2];
  std::vector<double> p50;
  std::vector<double> p99;
  std::vector<double> cpu;
};

class Measurement {
 public:
  Measurement(OpenBaoUnderTest& openbao, pid_t openbao_pid, const Flags& flags)
      : flags_(flags), openbao_pid_(openbao_pid), setup_(openbao), config_(openbao, setup_) {
    SetSteadyPace(config_);
    StartMs(config_, provider_);
    if (!provider_->WaitReady()) throw HarnessError("not ready:\n" + provider_->Stderr());
    socket_ = std::make_unique<KmsLoad>(config_.socket());
    const KmsCall encrypt = EncryptCall(std::string(32, 'x'));
    decrypt_ = DecryptCall(socket_->Ask(encrypt));
    for (int i = 1; i < kInFlight; ++i) {
      decrypt_.further.push_back(DecryptCall(socket_->Ask(encrypt)).request);
    }
    StartEmpty(socket_->Ask(status_).size());
  }

  void Run() {
    for (int round = 0; round < flags_.rounds; ++round) {
      Measure(alone_, round);
      {
        const Decrypts decrypts(config_.socket(), decrypt_, kInFlight);
        Measure(loaded_, round);
      }
      {
        ::kill(openbao_pid_, SIGSTOP);
        const Decrypts waiting(config_.socket(), decrypt_, 1);
        Measure(hanging_, round);
        ::kill(openbao_pid_, SIGCONT);
      }
      std::this_thread::sleep_for(500ms);  // what waited is answered
    }
  }

  void Print() const {
    std::printf("%-22s %9s %9s %9s %9s  %s\n", "Status while", "p50", "empty", "p99", "empty",
                "p50, p99, CPU: provider / empty");
    Print("nothing else happens", alone_, /*with_cpu=*/true);
    Print("64 Decrypts in flight", loaded_, /*with_cpu=*/false);
    Print("OpenBao hangs", hanging_, /*with_cpu=*/true);
  }

 private:
  void StartEmpty(std::size_t reply_bytes) {
    const std::string path = directory_.File("empty.sock");
    empty_process_ = std::make_unique<ChildProcess>(ChildProcess::Options{
        .argv = {BAOKMS_EMPTY_HANDLER_PATH, path, std::to_string(reply_bytes), "0", "0"},
        .stderr_file = directory_.File("empty.err")});
    if (!Within(10s, 1ms, [&] { return Connects(path); })) {
      throw HarnessError("the empty handler does not serve");
    }
    empty_ = std::make_unique<KmsLoad>(path);
  }

  struct Sample {
    double p50_us;
    double p99_us;
    double cpu_us;
  };

  Sample Ask(KmsLoad& load, pid_t server) {
    load.Run(status_, 1, {.calls = 100, .time = 50ms});
    const auto before = CpuTime(server);
    const LoadResult result = load.Run(status_, 1, {.time = milliseconds(flags_.cell_ms)});
    const auto used = static_cast<double>((CpuTime(server) - before).count()) / 1000;
    const auto calls = static_cast<double>(result.took_us.size());
    if (result.failed != 0) throw HarnessError("a Status failed");
    const auto at = [&](double share) {
      return result.took_us[static_cast<std::size_t>(share * (calls - 1))];
    };
    return {at(0.5), at(0.99), used / calls};
  }

  void Measure(Ratios& ratios, int round) {
    Sample provider{};
    Sample empty{};
    const auto ask_provider = [&] { provider = Ask(*socket_, provider_->child().pid()); };
    if (round % 2 == 0) ask_provider();  // nobody always goes first
    empty = Ask(*empty_, empty_process_->pid());
    if (round % 2 == 1) ask_provider();
    ratios.p50_us[0].push_back(provider.p50_us);
    ratios.p50_us[1].push_back(empty.p50_us);
    ratios.p99_us[0].push_back(provider.p99_us);
    ratios.p99_us[1].push_back(empty.p99_us);
    ratios.p50.push_back(provider.p50_us / empty.p50_us);
    ratios.p99.push_back(provider.p99_us / empty.p99_us);
    ratios.cpu.push_back(provider.cpu_us / empty.cpu_us);
  }

  static void Print(const char* name, const Ratios& ratios, bool with_cpu) {
    const auto text = [](const std::vector<double>& values) {
      const Spread spread = SpreadOf(values);
      char written[64];
      std::snprintf(written, sizeof written, "%.2f (%.2f to %.2f)", spread.median, spread.min,
                    spread.max);
      return std::string(written);
    };
    std::printf("%-22s %9.0f %9.0f %9.0f %9.0f  %s, %s, %s\n", name,
                SpreadOf(ratios.p50_us[0]).median, SpreadOf(ratios.p50_us[1]).median,
                SpreadOf(ratios.p99_us[0]).median, SpreadOf(ratios.p99_us[1]).median,
                text(ratios.p50).c_str(), text(ratios.p99).c_str(),
                with_cpu ? text(ratios.cpu).c_str() : "-");
  }

  const Flags& flags_;
  const pid_t openbao_pid_;
  TempDirectory directory_;
  OpenBaoSetup setup_;
  ProviderConfig config_;
  std::unique_ptr<ProviderProcess> provider_;
  std::unique_ptr<KmsLoad> socket_;
  std::unique_ptr<ChildProcess> empty_process_;
  std::unique_ptr<KmsLoad> empty_;
  const KmsCall status_ = StatusCall();
  KmsCall decrypt_;
  Ratios alone_;
  Ratios loaded_;
  Ratios hanging_;
};

}  // namespace
}  // namespace baokms::testing

int main(int argc, char** argv) {
  baokms::testing::Flags flags;
  CLI::App app("Status while the provider has other things to do, beside an empty gRPC handler");
  app.add_option("--server", flags.server, "emulator, openbao, or auto: openbao if it is there")
      ->check(CLI::IsMember({"auto", "emulator", "openbao"}));
  app.add_option("--rounds", flags.rounds, "How often everything is measured")
      ->check(CLI::Range(1, 1000));
  app.add_option("--cell-ms", flags.cell_ms, "How long each side is measured a round")
      ->check(CLI::Range(50, 60000));
  CLI11_PARSE(app, argc, argv);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  try {
    baokms::testing::OnChosenServer(flags.server,
                                    [&](baokms::testing::OpenBaoUnderTest& openbao, pid_t pid) {
                                      baokms::testing::Measurement measurement(openbao, pid, flags);
                                      measurement.Run();
                                      measurement.Print();
                                      return 0;
                                    });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "status_beside_load: %s\n", error.what());
    return 1;
  }
  return 0;
}
