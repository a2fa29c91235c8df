// `doctor` on what only the node can say: saves, the socket, the listeners, the provider that runs
// and its user (reports-and-labels.md).
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>

#include "tests/e2e/support/doctored.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

namespace fs = std::filesystem;

// A node whose provider runs.
struct ServedNode : Doctored {
  ServedNode() {
    node.config.Write();
    provider.emplace(node.config);
    runs = true;
    served = true;
  }
  std::string state_directory() const {
    return fs::path(node.config.state_file()).parent_path().string();
  }
  std::optional<Serving> provider;
};

// Listens on a port of 127.0.0.1 and says nothing.
class OtherProgram {
 public:
  explicit OtherProgram(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    const int on = 1;
    setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // The sockets API's own way of passing an address.
    REQUIRE(bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(socket_, 1) == 0);
  }
  ~OtherProgram() { close(socket_); }
  OtherProgram(const OtherProgram&) = delete;
  OtherProgram& operator=(const OtherProgram&) = delete;

 private:
  int socket_;
};

TEST_CASE("Doctor: beside a provider that serves every check passes and asks that provider") {
  ServedNode d;
  const auto told = d.FailsOnly({});
  CHECK(told.at("provider.running").message ==
        "it serves; " + told.at("key_id.deterministic").message);
}

TEST_CASE("Doctor: a provider that was killed is told and so is the socket that it left") {
  ServedNode d;
  d.provider->process.Kill();
  const auto told = d.FailsOnly({"socket.listening", "provider.running"});
  CHECK(Says(told.at("provider.running").message, "was killed"));
}

TEST_CASE("Doctor: a provider that was stopped is a warning and before the first start none") {
  Doctored d;
  d.ServeOnce();
  const auto told = d.FailsOnly({});
  CHECK(told.at("provider.running").status == "warn");
  CHECK(told.at("socket.listening").status == "skip");
}

TEST_CASE("Doctor: a provider that waits for OpenBao is told with what it waits for") {
  Doctored d;
  d.node.config.tree["bootstrap"]["graceTimeout"] = "60s";
  d.jwt()["role"] = "no-such-role";
  d.node.config.Write();
  ProviderProcess process(d.node.config);
  REQUIRE(process.WaitLog("auth.login"));
  REQUIRE(process.WaitLog("status.probe"));
  auto told = d.Look(4);
  CHECK(told["provider.running"].status == "fail");
  CHECK(Says(told["provider.running"].message, "auth_failed"));
}

TEST_CASE("Doctor: an unhealthy provider is told with its reason while OpenBao is well") {
  ServedNode d;
  d.bench.setup.SetDisableUpsert(false);
  REQUIRE(Eventually(Milliseconds(15000), [&] { return !d.provider->Healthy(); }));
  const auto told = d.FailsOnly({"transit.disable_upsert", "provider.running"});
  CHECK(Says(told.at("provider.running").message, "upsert_allowed"));
  d.bench.setup.SetDisableUpsert(true);
}

TEST_CASE("Doctor: a socket or a directory that kube-apiserver may not use is told") {
  ServedNode d;
  const std::string socket = d.node.config.socket();
  const std::string directory = d.node.config.socket_directory();
  SUBCASE("the socket is its owner's alone") {
    REQUIRE(chmod(socket.c_str(), 0600) == 0);
    CHECK(Says(d.FailsOnly({"socket.reachable"}).at("socket.reachable").message,
               "may not use the socket"));
  }
  SUBCASE("the directory is its owner's alone") {
    REQUIRE(chmod(directory.c_str(), 0700) == 0);
    CHECK(Says(d.FailsOnly({"socket.reachable"}).at("socket.reachable").message,
               "may not search the socket's directory"));
  }
  SUBCASE("the socket has another group") {
    if (testing::SkippedWithoutRoot()) return;
    REQUIRE(chown(socket.c_str(), geteuid(), getegid() + 54321) == 0);
    d.FailsOnly({"socket.reachable"});
  }
  SUBCASE("the socket is wider than it was made") {
    REQUIRE(chmod(socket.c_str(), 0666) == 0);
    CHECK(d.Run(0).at("socket.reachable").status == "warn");
  }
}

TEST_CASE("Doctor: a socket that was removed under a provider that runs is told") {
  ServedNode d;
  REQUIRE(unlink(d.node.config.socket().c_str()) == 0);
  auto told = d.Run(4);
  CHECK(told["socket.listening"].message == "a provider runs, but there is no socket");
  CHECK(told["provider.running"].status == "fail");
}

TEST_CASE("Doctor: what is no socket at the socket's path is told") {
  Doctored d;
  d.node.config.Write();
  std::ofstream(d.node.config.socket()) << "x";
  CHECK(d.Run(4).at("socket.listening").message == "what is there is not a socket");
}

TEST_CASE("Doctor: an address that another program listens at is told before the start and after") {
  Doctored d;
  const std::string address = d.node.config.metrics_address();
  const OtherProgram other(
      static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  auto told = d.Run(4);
  CHECK(told["listeners.available"].message == "server.metricsAddress: address_in_use");
  const Serving provider(d.node.config);
  told = d.Look(4);
  CHECK(told["listeners.available"].message == "server.metricsAddress: address_in_use");
  CHECK(told["provider.running"].status == "pass");
}

TEST_CASE("Doctor: a state directory that others may write to is told") {
  Doctored d;
  const std::string directory = fs::path(d.node.config.state_file()).parent_path().string();
  REQUIRE(chmod(directory.c_str(), 0777) == 0);
  CHECK(Says(d.Run(4).at("state.writable").message, "writable by group or others"));
}

TEST_CASE("Doctor: a disk without room for a save is told") {
  Doctored d;
  d.node.config.Write();
  const std::string directory = fs::path(d.node.config.state_file()).parent_path().string();
  if (mount("none", directory.c_str(), "tmpfs", 0, "size=64k,mode=0750") != 0) {
    testing::SaySkipped("mounting a file system is not permitted here");
    return;
  }
  {
    std::ofstream filler(directory + "/filler");
    filler << std::string(std::size_t{1} << 20U, 'x');
  }
  const auto told = d.Run(4);
  CHECK(Says(told.at("state.writable").message, "no space is left"));
  CHECK(Says(told.at("state.writable").advice, "state.path: free some space"));
  umount2(directory.c_str(), MNT_DETACH);
}

// A node whose provider has a user of its own, as every node should have; the tests are root.
struct OwnedNode : Doctored {
  static constexpr uid_t kUser = 54321;
  static constexpr gid_t kSocketGroup = 54322;

  OwnedNode() {
    if (geteuid() != 0) return;
    has_user = true;
    node.config.tree["server"]["socketGroup"] = std::to_string(kSocketGroup);
    node.config.Write();
    const std::string root = node.config.directory().path();
    REQUIRE(chmod(root.c_str(), 0711) == 0);
    Give(node.config.socket_directory(), kUser, kSocketGroup, 02750);
    Give(fs::path(node.config.state_file()).parent_path().string(), kUser, kUser, 0750);
    Give(node.config.jwt_file(), 0, kUser, 0640);
    Give(node.config.ca_file(), 0, 0, 0644);
    // As a copy in root's home: that user cannot read it.
    Give(node.config.config_file(), 0, 0, 0600);
  }
  static void Give(const std::string& path, uid_t uid, gid_t gid, mode_t mode) {
    CAPTURE(path);
    REQUIRE(chown(path.c_str(), uid, gid) == 0);
    REQUIRE(chmod(path.c_str(), mode) == 0);
  }
};

TEST_CASE("Doctor: root checks as the provider's user and reads what root alone may read") {
  if (testing::SkippedWithoutRoot()) return;
  OwnedNode d;
  const auto told = d.Look(0);
  for (const std::string& id : kIds) {
    CAPTURE(id);
    if (id == "registry.state") continue;
    CHECK(told.at(id).status == (id == "config.load" ? "warn" : d.Good(id)));
  }
  CHECK(Says(told.at("config.load").message, "the provider's user cannot read this file"));
  CHECK(told.at("service.user").message ==
        "checked as uid 54321, the owner of the socket's directory");
  CHECK(told.at("socket.reachable").message == "for the socket's group (gid 54322)");
}

TEST_CASE("Doctor: root finds what only the provider's user may not") {
  if (testing::SkippedWithoutRoot()) return;
  OwnedNode d;
  SUBCASE("a state directory of root") {
    OwnedNode::Give(fs::path(d.node.config.state_file()).parent_path().string(), 0, 0, 0755);
    const auto told = d.Look(4);
    CHECK(Says(told.at("state.writable").message, "belongs to uid 0"));
    CHECK(Says(told.at("state.writable").advice, "give the directory"));
  }
  SUBCASE("a credential of root") {
    OwnedNode::Give(d.node.config.jwt_file(), 0, 0, 0600);
    const auto told = d.Look(3);
    CHECK(Says(told.at("config.validate").message, "auth.jwt.jwtFile: "));
  }
}

TEST_CASE("Doctor: a user that is not the provider's is told to be another one") {
  if (testing::SkippedWithoutRoot()) return;
  OwnedNode d;
  OwnedNode::Give(d.node.config.config_file(), 1, 1, 0640);
  Names words{"setpriv",
              "--reuid",
              "1",
              "--regid",
              "1",
              "--clear-groups",
              testing::ProviderProgram(),
              "doctor",
              "--output",
              "json",
              "--config",
              d.node.config.config_file(),
              "--allow-socket-parent",
              d.node.config.socket_directory()};
  const testing::TempDirectory out;
  testing::ChildProcess child({.argv = words, .stdout_file = out.File("out")});
  REQUIRE(child.Wait(Milliseconds(20000)).has_value());
  const Json report = Json::parse(child.Stdout(), nullptr, false);
  REQUIRE(report.is_object());
  for (const Json& check : report.at("checks")) {
    if (check.at("id") == "service.user") {
      CHECK(check.at("status") == "fail");
      CHECK(Says(check.at("advice"), "do not change the owner"));
    }
    if (check.at("id") == "config.validate") CHECK(Says(check.at("advice"), "run doctor as root"));
  }
}

}  // namespace
}  // namespace baokms::e2e
