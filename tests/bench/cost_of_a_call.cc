// What one Status and one Decrypt cost the provider: processor time, and system calls as strace
// counts them. Its arguments are programs to compare (none: the one of this build), which take
// turns, because a shared machine's speed drifts.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/harness/emulator_under_test.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/kms_stub.h"
#include "tests/support/harness/openbao_setup.h"
#include "tests/support/harness/provider_config.h"
#include "tests/support/harness/provider_process.h"
#include "tests/support/measure/process_usage.h"
#include "tests/support/measure/system_calls.h"

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

void Measure(const char* what, pid_t pid, const Call& call) {
  int failed = Failures(call, kWarmUpCalls);
  const auto before = CpuTime(pid);
  failed += Failures(call, kTimedCalls);
  const double each =
      std::chrono::duration<double, std::micro>(CpuTime(pid) - before).count() / kTimedCalls;
  const auto counts = CountSystemCalls(pid, [&] { failed += Failures(call, kTracedCalls); });
  if (!counts) throw HarnessError("system calls: " + counts.error());
  const auto a_call = [](std::int64_t count) { return static_cast<double>(count) / kTracedCalls; };
  const auto futex = counts->find("futex");
  std::printf("  %-8s %6.1f us  %5.2f system calls  %5.2f futex  failed %d |", what, each,
              a_call(Total(*counts)), futex == counts->end() ? 0.0 : a_call(futex->second), failed);
  for (const auto& [name, count] : *counts) {
    if (a_call(count) >= 0.05) std::printf(" %s %.2f", name.c_str(), a_call(count));
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
