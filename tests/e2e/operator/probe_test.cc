// `probe`: Status, Encrypt and Decrypt through the running socket, as whoever runs it
// (reports-and-labels.md).
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "tests/e2e/support/bench.h"
#include "tests/e2e/support/report_schema.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

constexpr gid_t kSocketGroup = 54321;
constexpr uid_t kStranger = 54322;

struct Probed {
  int code = -1;
  Names ids;
  std::map<std::string, std::string> status;
  std::map<std::string, std::string> message;
  std::map<std::string, std::string> advice;
};

Probed ReadProbe(const CommandResult& result) {
  INFO(result.err);
  const Json report = Json::parse(result.out, nullptr, false);
  REQUIRE(report.is_object());
  CheckReportFits("probe", result.out);
  CHECK(report.at("name") == "probe");
  CHECK(result.err.empty() == (result.code == 0));
  Probed probed;
  probed.code = result.code;
  for (const Json& check : report.at("checks")) {
    const std::string id = check.at("id");
    probed.ids.push_back(id);
    probed.status[id] = check.at("status");
    probed.message[id] = check.value("message", "");
    probed.advice[id] = check.value("advice", "");
  }
  return probed;
}

Probed Probe(const std::string& socket, Names more = {}) {
  more.insert(more.begin(), {"probe", "--socket", socket, "--output", "json"});
  return ReadProbe(RunCommand(more));
}

// As another user, whose only further group is `group`.
Probed ProbeAs(uid_t user, gid_t group, const std::string& socket) {
  const testing::TempDirectory directory;
  testing::ChildProcess child(
      {.argv = {"setpriv", "--reuid=" + std::to_string(user), "--regid=" + std::to_string(user),
                "--groups=" + std::to_string(group), testing::ProviderProgram(), "probe",
                "--socket", socket, "--output", "json"},
       .stdout_file = directory.File("out"),
       .stderr_file = directory.File("err")});
  const auto ended = child.Wait(Milliseconds(10000));
  REQUIRE((ended && ended->code));
  return ReadProbe({.code = *ended->code, .out = child.Stdout(), .err = child.Stderr()});
}

TEST_CASE("Probe: through a healthy socket everything passes and the key_id is printed") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const Serving provider(config);
  const Probed probed = Probe(config.socket());
  CHECK(probed.code == 0);
  CHECK(probed.ids == Names{"client.identity", "socket.path", "socket.access_scope", "kms.status",
                            "kms.encrypt", "kms.decrypt", "kms.key_id"});
  CHECK(probed.message.at("client.identity")
            .starts_with("uid=" + std::to_string(geteuid()) + " gid="));
  // This process started the provider, so the socket is its own.
  CHECK(probed.status.at("socket.access_scope") == "warn");
  CHECK(probed.status.at("client.identity") == (geteuid() == 0 ? "warn" : "pass"));
  for (const char* id : {"socket.path", "kms.status", "kms.encrypt", "kms.decrypt", "kms.key_id"}) {
    CHECK(probed.status.at(id) == "pass");
  }
  CHECK(probed.message.at("kms.key_id") == provider.KeyId());
}

TEST_CASE("Probe: another node's key_id is told from this one's") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const Serving provider(config);
  CHECK(Probe(config.socket(), {"--expected-key-id", provider.KeyId()}).code == 0);
  const std::string other = "obk2." + std::string(42, 'A') + "E";
  const Probed probed = Probe(config.socket(), {"--expected-key-id", other});
  CHECK(probed.code == 4);
  CHECK(probed.status.at("kms.key_id") == "fail");
  CHECK(probed.status.at("kms.decrypt") == "pass");
}

TEST_CASE("Probe: an ordinary user in the socket group passes and one outside does not") {
  if (testing::SkippedWithoutRoot()) return;
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["server"]["socketGroup"] = std::to_string(kSocketGroup);
  config.Write();
  const std::string& root = config.directory().path();
  REQUIRE(chmod(root.c_str(), 0711) == 0);
  REQUIRE(chown(config.socket_directory().c_str(), 0, kSocketGroup) == 0);
  REQUIRE(chmod(config.socket_directory().c_str(), 02750) == 0);
  const Serving provider(config);

  const Probed member = ProbeAs(kStranger, kSocketGroup, config.socket());
  CHECK(member.code == 0);
  CHECK(member.ids == Names{"client.identity", "socket.path", "kms.status", "kms.encrypt",
                            "kms.decrypt", "kms.key_id"});
  for (const auto& [id, status] : member.status) {
    CAPTURE(id);
    CHECK(status == "pass");
  }
  CHECK(member.message.at("client.identity") == "uid=54322 gid=54322 groups=54321");

  const Probed stranger = ProbeAs(kStranger, kStranger, config.socket());
  CHECK(stranger.code == 4);
  CHECK(stranger.status.at("socket.path") == "fail");
  CHECK(stranger.advice.at("socket.path").find("server.socketGroup") != std::string::npos);

  // A directory that everybody may search leaves the socket's own mode.
  REQUIRE(chmod(config.socket_directory().c_str(), 02755) == 0);
  const Probed outside = ProbeAs(kStranger, kStranger, config.socket());
  CHECK(outside.code == 4);
  CHECK(outside.status.at("socket.path") == "pass");
  CHECK(outside.status.at("socket.connect") == "fail");
  CHECK(outside.advice.at("socket.connect").find("server.socketGroup") != std::string::npos);
  CHECK(outside.message.at("kms.status") == "needs socket.connect");
}

TEST_CASE("Probe: a provider that lost OpenBao is not healthy") {
  Bench bench;
  ProviderConfig config = bench.Config();
  const Serving provider(config);
  bench.openbao().Seal();
  CHECK(Eventually(Milliseconds(15000), [&] { return !provider.Healthy(); }));
  const Probed probed = Probe(config.socket());
  bench.openbao().Unseal();
  CHECK(probed.code == 4);
  CHECK(probed.status.at("kms.status") == "fail");
  CHECK(probed.advice.at("kms.status").find("doctor") != std::string::npos);
  CHECK(probed.status.at("kms.encrypt") == "skip");
}

TEST_CASE("Probe: a socket that is not there or nobody's or silent is told from another") {
  const testing::TempDirectory directory;
  const std::string path = directory.File("kms.sock");
  CHECK(Probe(path).message.at("socket.path") == "nothing exists at this path");
  directory.Write("file", "no socket");
  CHECK(Probe(directory.File("file")).message.at("socket.path") == "this is not a socket");

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // The sockets API's own way of passing an address.
  REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  CHECK(Probe(path).message.at("socket.connect") == "no process is listening");
  REQUIRE(listen(fd, 8) == 0);  // and never accepts
  const Probed silent = Probe(path, {"--timeout", "500ms"});
  CHECK(silent.code == 4);
  CHECK(silent.status.at("kms.status") == "fail");
  close(fd);
}

TEST_CASE("Probe: bad flags exit 2 and a configuration is not looked at") {
  for (const Names& bad :
       {Names{"--socket", "kms.sock"}, Names{"--timeout", "0s"}, Names{"--timeout", "10"},
        Names{"--timeout", "-1s"}, Names{"--expected-key-id", "obk2.x"}, Names{"--output", "yaml"},
        Names{"stray"}}) {
    Names arguments{"probe"};
    arguments.insert(arguments.end(), bad.begin(), bad.end());
    CHECK(RunCommand(arguments).code == 2);
  }
  const CommandResult result =
      RunCommand({"probe", "--socket", "/nonexistent/kms.sock", "--config", "/nonexistent.yaml"});
  CHECK(result.code == 4);
  CHECK(result.out.find("[fail] socket.path") != std::string::npos);
}

}  // namespace
}  // namespace baokms::e2e
