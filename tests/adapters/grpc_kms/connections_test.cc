#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <thread>

#include "tests/adapters/grpc_kms/fakes.h"
#include "tests/adapters/grpc_kms/http2_peer.h"
#include "tests/support/no_descriptors.h"
#include "tests/support/skip.h"

namespace baokms::adapters::grpc_kms {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::Client;
using testing::ClosedWithin;
using testing::ConnectTo;
using testing::Eventually;
using testing::Harness;
using testing::Http2Opening;
using testing::Http2Rpc;
using testing::SendAll;

// 0 under AddressSanitizer, whose quarantine keeps what was freed.
long ResidentKiB() {
#if defined(__SANITIZE_ADDRESS__)
  return 0;
#else
  std::ifstream statm("/proc/self/statm");
  long pages = 0;
  statm >> pages >> pages;
  return pages * 4;
#endif
}

struct Small : Harness {
  Small() {
    options.first_rpc_timeout = milliseconds(300);
    options.max_connections = 8;
    options.max_connections_per_uid = 6;
  }
};

TEST_CASE_FIXTURE(Small, "Peers: a uid and gid that are not allowed are refused") {
  options.allowed_uids = {::geteuid() + 1};
  options.allowed_gids = {::getegid() + 1};
  Start();
  const auto fd = ConnectTo(options.socket_path);
  CHECK(ClosedWithin(fd.get(), milliseconds(200)));
  Client client(options.socket_path);
  CHECK(client.Status(milliseconds(300)).error_code() != grpc::StatusCode::OK);
  CHECK(telemetry.started() == 0);
}

TEST_CASE_FIXTURE(Small, "Peers: an allowed uid is enough and so is an allowed gid") {
  SUBCASE("uid") { options.allowed_uids = {::geteuid()}; }
  SUBCASE("uid and another gid") {
    options.allowed_uids = {::geteuid()};
    options.allowed_gids = {::getegid() + 1};
  }
  SUBCASE("gid and another uid") {
    options.allowed_uids = {::geteuid() + 1};
    options.allowed_gids = {::getegid()};
  }
  Start();
  CHECK(Client(options.socket_path).Status().ok());
}

TEST_CASE_FIXTURE(Harness, "Connections: without descriptors the server waits at rest") {
  Start();
  CHECK(Client(options.socket_path).Status().ok());
  const posix::Descriptor peer(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, options.socket_path.data(), options.socket_path.size());
  milliseconds used{};
  {
    const baokms::testing::NoDescriptors none;
    // The kernel completes it, though nobody can accept it.
    REQUIRE(::connect(peer.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
    const milliseconds before = baokms::testing::ProcessorTime();
    std::this_thread::sleep_for(milliseconds(1000));
    used = baokms::testing::ProcessorTime() - before;
  }
  CHECK(used < milliseconds(200));
  CHECK(Client(options.socket_path).Status().ok());
}

TEST_CASE_FIXTURE(Small, "Connections: one without an RPC in time is closed") {
  Start();
  std::vector<posix::Descriptor> peers;
  for (const std::string& sent :
       {std::string(), std::string("PRI * HT"), Http2Opening(),
        Http2Opening() + Http2Rpc(1, "Encrypt", "unfinished", /*finished=*/false)}) {
    peers.push_back(ConnectTo(options.socket_path));
    REQUIRE(SendAll(peers.back().get(), sent));
  }
  CHECK_FALSE(ClosedWithin(peers[0].get(), milliseconds(150)));
  for (auto& peer : peers) CHECK(ClosedWithin(peer.get(), milliseconds(600)));
  CHECK(Eventually([&] { return server->connections() == 0; }, milliseconds(500)));
}

TEST_CASE_FIXTURE(Small, "Connections: one that drips its opening is closed in time all the same") {
  Start();
  const auto peer = ConnectTo(options.socket_path);
  const auto before = steady_clock::now();
  for (const char byte : Http2Opening()) {
    if (!SendAll(peer.get(), {&byte, 1})) break;
    std::this_thread::sleep_for(milliseconds(15));
  }
  CHECK(ClosedWithin(peer.get(), milliseconds(600)));
  CHECK(steady_clock::now() - before < milliseconds(1200));
}

TEST_CASE_FIXTURE(Small, "Connections: an opening in single bytes is served") {
  Start();
  const auto peer = ConnectTo(options.socket_path);
  for (const char byte : Http2Opening() + Http2Rpc(1, "Status", "")) {
    REQUIRE(SendAll(peer.get(), {&byte, 1}));
  }
  CHECK(telemetry.WaitFinished(1).has_value());
}

TEST_CASE_FIXTURE(Small, "Connections: one that speaks something else is closed at once") {
  options.first_rpc_timeout = milliseconds(60'000);
  Start();
  const auto peer = ConnectTo(options.socket_path);
  REQUIRE(SendAll(peer.get(), "GET / HTTP/1.1\r\n\r\n"));
  CHECK(ClosedWithin(peer.get(), milliseconds(500)));
  const auto garbage = ConnectTo(options.socket_path);
  REQUIRE(SendAll(garbage.get(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string(64, '\xff')));
  CHECK(ClosedWithin(garbage.get(), milliseconds(2000)));
}

TEST_CASE_FIXTURE(Small, "Connections: one with an RPC stays when idle") {
  Start();
  Client client(options.socket_path);
  REQUIRE(client.Status().ok());
  std::this_thread::sleep_for(milliseconds(700));
  CHECK(server->connections() == 1);
  CHECK(client.Status().ok());
}

TEST_CASE_FIXTURE(Small, "Connections: those who leave or half close are counted out") {
  options.first_rpc_timeout = milliseconds(60'000);
  Start();
  auto leaving = ConnectTo(options.socket_path);
  auto half = ConnectTo(options.socket_path);
  auto handed = ConnectTo(options.socket_path);
  REQUIRE(SendAll(handed.get(), Http2Opening()));
  REQUIRE(Eventually([&] { return server->connections() == 3; }));
  leaving.Reset();
  CHECK(Eventually([&] { return server->connections() == 2; }));
  ::shutdown(half.get(), SHUT_WR);
  CHECK(Eventually([&] { return server->connections() == 1; }));
  CHECK(ClosedWithin(half.get(), milliseconds(200)));
  ::shutdown(handed.get(), SHUT_WR);
  CHECK(Eventually([&] { return server->connections() == 0; }));
}

TEST_CASE_FIXTURE(Small, "Connections: at a uid's limit its oldest without an RPC goes") {
  options.first_rpc_timeout = milliseconds(60'000);
  Start();
  Client client(options.socket_path);
  REQUIRE(client.Status().ok());
  std::vector<posix::Descriptor> peers;
  for (int i = 0; i < 5; ++i) peers.push_back(ConnectTo(options.socket_path));
  REQUIRE(Eventually([&] { return server->connections() == 6; }));
  const auto last = ConnectTo(options.socket_path);
  CHECK(ClosedWithin(peers[0].get(), milliseconds(500)));
  CHECK_FALSE(ClosedWithin(peers[1].get(), milliseconds(50)));
  CHECK_FALSE(ClosedWithin(last.get(), milliseconds(50)));
  CHECK(server->connections() == 6);
  CHECK(client.Status().ok());
}

TEST_CASE_FIXTURE(Small, "Connections: with only callers at the limit a new one is refused") {
  Start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(std::make_unique<Client>(options.socket_path));
    REQUIRE(clients.back()->Status().ok());
  }
  const auto extra = ConnectTo(options.socket_path);
  CHECK(ClosedWithin(extra.get(), milliseconds(500)));
  for (auto& client : clients) CHECK(client->Status().ok());
}

TEST_CASE("Connections: another uid is served while one holds all its places") {
  if (baokms::testing::SkippedWithoutRoot()) return;
  Harness harness;
  harness.options.max_connections_per_uid = 3;
  harness.options.first_rpc_timeout = milliseconds(60'000);
  harness.options.socket_mode = 0666;
  REQUIRE(::chmod(harness.directory.path().c_str(), 0755) == 0);
  harness.Start();
  std::vector<posix::Descriptor> mine;
  for (int i = 0; i < 3; ++i) mine.push_back(ConnectTo(harness.options.socket_path));
  REQUIRE(Eventually([&] { return harness.server->connections() == 3; }));
  const pid_t child = ::fork();
  if (child == 0) {  // no gRPC in here: a forked copy of it does not work
    if (::setuid(12345) != 0) ::_exit(2);
    const auto theirs = ConnectTo(harness.options.socket_path);
    const bool sent = SendAll(theirs.get(), Http2Opening() + Http2Rpc(1, "Status", ""));
    ::_exit(sent && !ClosedWithin(theirs.get(), milliseconds(300)) ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(harness.telemetry.finished().size() == 1);
  for (auto& fd : mine) CHECK_FALSE(ClosedWithin(fd.get(), milliseconds(1)));
}

TEST_CASE("Places: another uid is served while one holds all of them") {
  if (baokms::testing::SkippedWithoutRoot()) return;
  Harness harness;
  harness.options.max_concurrent_encrypt = 2;
  harness.options.socket_mode = 0666;
  harness.service.hold = true;
  REQUIRE(::chmod(harness.directory.path().c_str(), 0755) == 0);
  harness.Start();
  const auto mine = ConnectTo(harness.options.socket_path);
  const std::string encrypt("\x0a\x01p", 3);
  std::string bytes = Http2Opening();
  for (std::uint32_t i = 0; i < 3; ++i) bytes += Http2Rpc(2 * i + 1, "Encrypt", encrypt);
  REQUIRE(SendAll(mine.get(), bytes));
  CHECK(harness.telemetry.WaitFinished(1)->error == core::ConcurrencyLimit());
  const std::string theirs = Http2Opening() + Http2Rpc(1, "Encrypt", encrypt);
  const pid_t child = ::fork();
  if (child == 0) {  // no gRPC in here: a forked copy of it does not work
    if (::setuid(12345) != 0) ::_exit(2);
    const auto fd = ConnectTo(harness.options.socket_path);
    ::_exit(SendAll(fd.get(), theirs) && ClosedWithin(fd.get(), milliseconds(700)) ? 1 : 0);
  }
  CHECK(harness.service.WaitHeld(3));
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  harness.service.TakeEncrypts();
}

TEST_CASE("Connections: thousands of them neither slow a client down nor fill the memory") {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t total = limit.rlim_max >= 12'000 ? 10'000 : 2'000;
  if (limit.rlim_max < 3'000) return;

  Harness harness;
  harness.Start();
  Client client(harness.options.socket_path);
  REQUIRE(client.Status().ok());
  const long before = ResidentKiB();
  std::vector<posix::Descriptor> flood;
  flood.reserve(total);
  std::atomic<bool> flooded{false};
  std::thread attacker([&] {
    for (std::size_t i = 0; i < total; ++i) {
      auto fd = ConnectTo(harness.options.socket_path);
      // Every third opens HTTP/2 and every third of those leaves a message unfinished.
      if (fd.valid() && i % 3 == 0) {
        SendAll(fd.get(),
                i % 9 == 0 ? Http2Opening() + Http2Rpc(1, "Encrypt", "x", false) : Http2Opening());
      }
      flood.push_back(std::move(fd));
    }
    flooded = true;
  });
  std::size_t served = 0;
  milliseconds slowest{0};
  while (!flooded) {
    const auto start = steady_clock::now();
    CHECK(client.Encrypt("p").ok());
    slowest =
        std::max(slowest, std::chrono::duration_cast<milliseconds>(steady_clock::now() - start));
    ++served;
  }
  attacker.join();
  MESSAGE("connections ", total, " RPCs served meanwhile ", served, " slowest ms ", slowest.count(),
          " grown KiB ", ResidentKiB() - before);
  CHECK(served > 0);
  CHECK(slowest < milliseconds(2000));
  CHECK(harness.server->connections() <= 64);
  CHECK(ResidentKiB() - before < 64 * 1024);
  // A newcomer gets in, too.
  CHECK(Client(harness.options.socket_path).Status().ok());
}

TEST_CASE("Connections: clients that never read hold no places and little memory") {
  Harness harness;
  harness.options.max_concurrent_encrypt = 4;
  harness.options.grpc_memory_bytes = std::size_t{16} << 20U;
  harness.Start();
  const long before = ResidentKiB();
  std::vector<posix::Descriptor> deaf;
  for (int i = 0; i < 40; ++i) {
    deaf.push_back(ConnectTo(harness.options.socket_path));
    std::string bytes = i % 2 == 0 ? Http2Opening() : testing::Http2OpeningWithClosedWindow();
    for (std::uint32_t rpc = 0; rpc < 60; ++rpc) {
      bytes += Http2Rpc(2 * rpc + 1, "Encrypt", std::string("\x0a\x01p", 3));
    }
    SendAll(deaf.back().get(), bytes);
  }
  REQUIRE(harness.telemetry.WaitFinished(60).has_value());
  Client client(harness.options.socket_path);
  CHECK(client.Encrypt("p").ok());
  CHECK(Eventually(
      [&] { return harness.telemetry.started() == harness.telemetry.finished().size(); }));
  CHECK(client.Encrypt("p").ok());
  MESSAGE("grown KiB ", ResidentKiB() - before);
  CHECK(ResidentKiB() - before < 64 * 1024);
}

TEST_CASE_FIXTURE(Small, "Connections: a peer that does not answer pings is closed") {
  options.keepalive_time = milliseconds(300);
  options.keepalive_timeout = milliseconds(300);
  Start();
  const auto dead = ConnectTo(options.socket_path);
  REQUIRE(SendAll(dead.get(), Http2Opening() + Http2Rpc(1, "Status", "")));
  REQUIRE(telemetry.WaitFinished(1).has_value());
  CHECK(Eventually([&] { return server->connections() == 0; }));
}

TEST_CASE_FIXTURE(Small, "Connections: unfinished messages cannot fill the memory") {
  options.grpc_memory_bytes = std::size_t{16} << 20U;
  options.max_connections = 64;
  options.max_connections_per_uid = 64;
  Start();
  const long before = ResidentKiB();
  std::vector<posix::Descriptor> peers;
  const std::string piece(60'000, 'x');
  for (int i = 0; i < 40; ++i) {
    peers.push_back(ConnectTo(options.socket_path));
    std::string bytes = Http2Opening() + Http2Rpc(1, "Status", "");
    for (std::uint32_t rpc = 1; rpc < 150; ++rpc) {
      bytes += Http2Rpc(2 * rpc + 1, "Encrypt", piece, /*finished=*/false);
    }
    const std::string_view all = bytes;
    ::send(peers.back().get(), all.data(), std::min<std::size_t>(all.size(), 1'000'000),
           MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  std::this_thread::sleep_for(milliseconds(500));
  MESSAGE("grown KiB ", ResidentKiB() - before);
  CHECK(ResidentKiB() - before < 64 * 1024);
  peers.clear();
  CHECK(Client(options.socket_path).Status().ok());
}

}  // namespace
}  // namespace baokms::adapters::grpc_kms
