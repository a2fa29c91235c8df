// What callers of the socket may take of the provider (request-scheduling.md, "Places"): neither
// those that leave its memory, nor another member of the socket group every place.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/grpc_kms/kms.pb.h"
#include "tests/adapters/grpc_kms/http2_peer.h"
#include "tests/e2e/support/bench.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

using std::chrono::steady_clock;

// A field of /proc/<pid>/status that counts kB: "VmRSS", "VmHWM" (the most that it was).
long MemoryKiB(pid_t pid, const std::string& field) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(field + ":")) continue;
    std::istringstream rest(line.substr(field.size() + 1));
    long kib = 0;
    rest >> kib;
    return kib;
  }
  return -1;
}

// Their request carries as much as a message may, and debug correlation has the provider keep it.
const std::string& LongUid() {
  static const std::string kUid(60'000, 'u');
  return kUid;
}

ProviderConfig Correlating(Bench& bench) {
  ProviderConfig config = bench.Config();
  config.tree["logging"]["level"] = "debug";
  config.tree["logging"]["debugCorrelation"] = {
      {"enabled", true}, {"ttl", "15m"}, {"incidentId", "incident-1"}};
  config.tree["status"]["statusMaxStaleness"] = "10s";
  config.Write();
  return config;
}

struct Stay {
  Milliseconds patience{12};  // of each caller
  Milliseconds lasting{1800};
};

// `callers` connections that ask for `sealed` again and again and leave before they have the
// answer. Returns how many requests that were.
long AskAndLeave(const std::string& socket, const testing::SealedObject& sealed, Stay stay = {},
                 int callers = 24) {
  std::atomic<long> asked = 0;
  const auto end = steady_clock::now() + stay.lasting;
  std::vector<std::thread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      const testing::KmsStub stub(socket);
      while (steady_clock::now() < end) {
        stub.Decrypt(sealed, LongUid(), stay.patience);
        ++asked;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return asked;
}

double Refusals(const ProviderProcess& process) {
  return process.Metric("openbao_kms_grpc_concurrency_rejections_total{method=\"decrypt\"}")
      .value_or(0);
}

// CHECKs that callers that leave take no memory and no place with them.
void CheckLeavesNothing(Serving& provider, const std::string& socket,
                        const testing::SealedObject& sealed) {
  const pid_t pid = provider.process.child().pid();
  const long before = MemoryKiB(pid, "VmRSS");
  const long asked = AskAndLeave(socket, sealed);
  const long grown = MemoryKiB(pid, "VmHWM") - before;
  MESSAGE("requests ", asked, ", resident KiB before ", before, ", at most grown by ", grown,
          ", refused ", Refusals(provider.process));
  CHECK(before > 0);
  CHECK(asked > 500);
  // Some 60 KiB a request: what all of them keep would be several times this.
  CHECK(grown < 24 * 1024);
  // A call that is on its way to OpenBao when its caller leaves keeps its place until it is back.
  // If those that wait kept theirs, nearly all would be refused.
  CHECK(Refusals(provider.process) < static_cast<double>(asked) / 10);
}

TEST_CASE("Faults: callers that leave a slow discovery leave nothing behind") {
  Bench bench;
  const ProviderConfig config = Correlating(bench);
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("a value");
  testing::SealedObject unknown = sealed;
  unknown.key_id[10] = unknown.key_id[10] == 'A' ? 'B' : 'A';
  // The connections' own memory is there before.
  AskAndLeave(config.socket(), sealed,
              {.patience = Milliseconds(2000), .lasting = Milliseconds(300)});
  SharedEmulator().QueueFault(
      {{"operation", "transit_metadata_read"}, {"delay_ms", 1500}, {"count", -1}});
  std::this_thread::sleep_for(Milliseconds(300));
  CheckLeavesNothing(provider, config.socket(), unknown);
  SharedEmulator().emulator().ClearFaults();
  CHECK(Eventually(Milliseconds(5000), [&] { return provider.Healthy(); }));
  provider.CheckOpens(sealed, "a value");
}

TEST_CASE("Faults: callers that leave a slow token recovery leave nothing behind") {
  Bench bench;
  const ProviderConfig config = Correlating(bench);
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("a value");
  AskAndLeave(config.socket(), sealed,
              {.patience = Milliseconds(2000), .lasting = Milliseconds(300)});
  SharedEmulator().QueueFault({{"operation", "jwt_login"}, {"delay_ms", 1900}, {"count", -1}});
  bench.openbao().RevokeTokensOf(bench.setup.options().auth_mount);
  CheckLeavesNothing(provider, config.socket(), sealed);
  SharedEmulator().emulator().ClearFaults();
  CHECK(Eventually(Milliseconds(10'000), [&] { return provider.Healthy(); }));
  provider.CheckOpens(sealed, "a value");
}

// A connection of another user. The group stays, as of another member of the socket group.
int ConnectAs(uid_t uid, const std::string& path) {
  int fd = -1;
  std::thread([&] {  // the system call changes this thread alone
    if (::syscall(SYS_setresuid, uid, uid, uid) != 0) return;
    fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof(address.sun_path) - 1));
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      ::close(std::exchange(fd, -1));
    }
  })
      .join();
  return fd;
}

std::string MessageOf(const testing::SealedObject& sealed) {
  v2::DecryptRequest request;
  request.set_ciphertext(sealed.ciphertext);
  request.set_key_id(sealed.key_id);
  for (const auto& [key, value] : sealed.annotations) {
    auto* entry = request.add_annotations();
    entry->set_key(key);
    entry->set_value(value);
  }
  return request.SerializeAsString();
}

TEST_CASE("Faults: another uid that takes every place does not shut kube-apiserver out") {
  if (testing::SkippedWithoutRoot()) return;
  namespace http2 = adapters::grpc_kms::testing;
  constexpr int kPlaces = 3;
  constexpr uid_t kOther = 12345;
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["server"]["maxConcurrentDecrypt"] = kPlaces;
  config.tree["openbao"]["timeout"] = "8s";
  config.Write();
  const Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("a value");
  const std::string message = MessageOf(sealed);

  SharedEmulator().QueueFault(
      {{"operation", "transit_decrypt"}, {"delay_ms", 1500}, {"count", -1}});
  const int other = ConnectAs(kOther, config.socket());
  REQUIRE(other >= 0);
  // One more than there are places: the last is refused, for its uid holds all the others.
  std::string bytes = http2::Http2Opening();
  for (std::uint32_t i = 0; i <= kPlaces; ++i) {
    bytes += http2::Http2Rpc(2 * i + 1, "Decrypt", message);
  }
  REQUIRE(http2::SendAll(other, bytes));
  const auto under_way = [&](double calls, double refused) {
    return Eventually(Milliseconds(1200), [&] {
      return provider.process.Metric("openbao_kms_grpc_in_flight{method=\"decrypt\"}") == calls &&
             Refusals(provider.process) == refused;
    });
  };
  REQUIRE(under_way(kPlaces, 1));
  std::thread ours([&] { provider.CheckOpens(sealed, "a value"); });
  CHECK(under_way(kPlaces + 1, 1));
  ours.join();
  CHECK(Refusals(provider.process) == 1);
  ::close(other);
  SharedEmulator().emulator().ClearFaults();
}

}  // namespace
}  // namespace baokms::e2e
