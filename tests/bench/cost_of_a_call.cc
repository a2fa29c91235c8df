// What one Status and one Decrypt cost the provider: processor time, and system calls as strace
// counts them. Its arguments are programs to compare (none: the one of this build), which take
// turns, because a shared machine's speed drifts.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/harness/child_process.h"
#include "tests/support/harness/emulator_under_test.h"
#include "tests/support/harness/kms_stub.h"
#include "tests/support/harness/openbao_setup.h"
#include "tests/support/harness/provider_config.h"
#include "tests/support/harness/provider_process.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {
namespace {

constexpr int kRounds = 3;
constexpr int kWarmUpCalls = 300;
constexpr int kTimedCalls = 5000;
constexpr int kTracedCalls = 1000;

using Call = std::function<bool()>;

int Failures(const Call& call, int times) {
  int failed = 0;
  for (int i = 0; i < times; ++i) failed += call() ? 0 : 1;
  return failed;
}

// User and system time, of every thread that there ever was.
double ProcessorMicroseconds(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) * 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// Names and counts of strace's summary, and "total".
std::map<std::string, double> SystemCalls(pid_t pid, const Call& call, int& failed) {
  const TempDirectory directory;
  const std::string table = directory.File("table");
  ChildProcess strace(
      {.argv = {"strace", "-f", "-c", "-U", "calls,name", "-o", table, "-p", std::to_string(pid)},
       .stderr_file = directory.File("err")});
  // It says which threads it has attached to.
  for (int i = 0; i < 500 && strace.Stderr().find("attached") == std::string::npos; ++i) {
    ::usleep(10'000);
  }
  ::usleep(200'000);
  failed += Failures(call, kTracedCalls);
  strace.Signal(SIGINT);
  strace.Wait(std::chrono::seconds(10));
  std::map<std::string, double> counts;
  std::ifstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    double count = 0;
    std::string name;
    if (fields >> count >> name) counts[name] += count;
  }
  return counts;
}

void Measure(const char* what, pid_t pid, const Call& call) {
  int failed = Failures(call, kWarmUpCalls);
  const double before = ProcessorMicroseconds(pid);
  failed += Failures(call, kTimedCalls);
  const double each = (ProcessorMicroseconds(pid) - before) / kTimedCalls;
  auto counts = SystemCalls(pid, call, failed);
  std::printf("  %-8s %6.1f us  %5.2f system calls  %5.2f futex  failed %d |", what, each,
              counts["total"] / kTracedCalls, counts["futex"] / kTracedCalls, failed);
  for (const auto& [name, count] : counts) {
    if (name != "total" && count >= 0.05 * kTracedCalls) {
      std::printf(" %s %.2f", name.c_str(), count / kTracedCalls);
    }
  }
  std::printf("\n");
}

int Run(const std::vector<std::string>& programs) {
  EmulatorUnderTest openbao;
  for (int round = 0; round < kRounds; ++round) {
    for (const std::string& program : programs) {
      ::setenv("BAOKMS_PROVIDER", program.c_str(), 1);
      const OpenBaoSetup setup(openbao);
      ProviderConfig config(openbao, setup);
      config.tree["logging"]["level"] = "info";  // as deployed: no line a request
      config.Write();
      ProviderProcess provider(config);
      if (!provider.WaitReady()) {
        std::fprintf(stderr, "the provider did not get ready:\n%s", provider.Stderr().c_str());
        return 1;
      }
      const KmsStub stub(config.socket());
      const SealedObject sealed = stub.Encrypt(std::string(32, 'x')).sealed;
      std::printf("%s\n", program.c_str());
      Measure("Status", provider.child().pid(), [&] { return stub.Status().status.ok(); });
      Measure("Decrypt", provider.child().pid(), [&] { return stub.Decrypt(sealed).status.ok(); });
    }
  }
  return 0;
}

}  // namespace
}  // namespace baokms::testing

int main(int argc, char** argv) {
  std::vector<std::string> programs(argv + 1, argv + argc);
  if (programs.empty()) programs.push_back(baokms::testing::ProviderProgram());
  return baokms::testing::Run(programs);
}
