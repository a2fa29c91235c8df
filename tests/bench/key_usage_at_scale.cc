// `key-usage` over a real etcd with ten thousand and with a million keys, and with values far above
// what a page may hold: seconds, keys a second, and the peak of its memory, which must not grow
// with etcd. Exit 1 when it does. Minutes long and gigabytes of disk: run it by hand.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/etcd/etcd_under_test.h"
#include "tests/support/etcd/stored_envelope.h"
#include "tests/support/harness/emulator_under_test.h"
#include "tests/support/harness/kms_stub.h"
#include "tests/support/harness/openbao_setup.h"
#include "tests/support/harness/provider_config.h"
#include "tests/support/harness/provider_process.h"

namespace baokms::testing {
namespace {

using std::chrono::steady_clock;

double SecondsSince(steady_clock::time_point began) {
  return std::chrono::duration<double>(steady_clock::now() - began).count();
}

class Census {
 public:
  Census(const EtcdUnderTest& etcd, const ProviderConfig& config)
      : arguments_(etcd.KeyUsageCommand()) {
    arguments_.insert(arguments_.begin(), ProviderProgram());
    arguments_.insert(arguments_.end(), {"--config", config.config_file(), "--allow-socket-parent",
                                         config.socket_directory(), "--output", "json"});
  }

  // Peak resident memory in KiB; ends the program when the census does not end well.
  long Take(const char* what, long keys) const {
    const std::vector<std::string>& arguments = arguments_;
    std::fflush(stdout);
    const auto began = steady_clock::now();
    const pid_t child = fork();
    if (child == 0) {
      if (std::freopen("/dev/null", "w", stdout) == nullptr) _exit(126);
      std::vector<char*> argv;
      argv.reserve(arguments.size() + 1);
      for (const std::string& argument : arguments) {
        argv.push_back(const_cast<char*>(argument.c_str()));  // execv's own type
      }
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
    int status = 0;
    rusage used{};
    if (wait4(child, &status, 0, &used) != child || status != 0) {
      std::fprintf(stderr, "%s: the census failed\n", what);
      std::exit(1);
    }
    const double seconds = SecondsSince(began);
    std::printf("%-24s %9ld keys  %7.2f s  %9.0f keys/s  peak %6ld KiB\n", what, keys, seconds,
                static_cast<double>(keys) / seconds, used.ru_maxrss);
    return used.ru_maxrss;
  }

 private:
  std::vector<std::string> arguments_;
};

void Fill(EtcdUnderTest& etcd, const std::string& key_id, long from, long to) {
  const auto began = steady_clock::now();
  constexpr long kChunk = 12800;
  for (long at = from; at < to; at += kChunk) {
    EtcdUnderTest::Objects objects;
    for (long i = at; i < std::min(at + kChunk, to); ++i) {
      objects.emplace_back(
          "/registry/secrets/default/object-" + std::to_string(i),
          ValueOf({.provider_name = "openbao", .key_id = key_id, .data_bytes = 400}));
    }
    etcd.Put(objects);
  }
  std::printf("filled %ld keys in %.1f s\n", to - from, SecondsSince(began));
}

int Run(long keys) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  EmulatorUnderTest openbao;
  const OpenBaoSetup setup(openbao);
  const ProviderConfig config(openbao, setup);
  std::string key_id;
  {
    ProviderProcess provider(config);
    if (!provider.WaitReady()) return 1;
    key_id = KmsStub(config.socket()).Status().key_id;
  }
  EtcdUnderTest etcd(EtcdTransport::kTlsWithClientCertificates);
  const Census census(etcd, config);
  constexpr long kFew = 10000;
  Fill(etcd, key_id, 0, kFew);
  const long few = census.Take("few", kFew);
  Fill(etcd, key_id, kFew, keys);
  const long many = census.Take("many", keys);
  constexpr long kLarge = 300;
  for (long i = 0; i < kLarge; ++i) {
    etcd.Put({{"/registry/secrets/large/" + std::to_string(i),
               ValueOf({.provider_name = "openbao", .key_id = key_id, .data_bytes = 1'000'000})}});
  }
  const long large = census.Take("and 300 of a megabyte", keys + kLarge);
  // A page's worth of slack for what allocators keep.
  constexpr long kSlack = 16 * 1024;
  constexpr long kBound = 128 * 1024;
  const bool flat = many < few + kSlack && large < few + kBound;
  std::printf("memory is %s\n", flat ? "flat" : "NOT flat");
  return flat ? 0 : 1;
}

}  // namespace
}  // namespace baokms::testing

// key_usage_at_scale [KEYS], at least 10001.
int main(int argc, char** argv) {
  if (baokms::testing::SkippedWithoutEtcd()) return 0;
  return baokms::testing::Run(argc > 1 ? std::strtol(argv[1], nullptr, 10) : 1'000'000);
}
