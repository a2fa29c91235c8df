// `probe`: Status, Encrypt and Decrypt through the running socket, as whoever runs it
// (reports-and-labels.md).
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
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

// A provider whose socket a group of its own may use.
struct GroupedSocket {
  GroupedSocket() : config(bench.Config()) {
    config.tree["server"]["socketGroup"] = std::to_string(kSocketGroup);
    config.Write();
    REQUIRE(chmod(config.directory().path().c_str(), 0711) == 0);
    REQUIRE(chown(config.socket_directory().c_str(), 0, kSocketGroup) == 0);
    REQUIRE(chmod(config.socket_directory().c_str(), 02750) == 0);
    // The kernel calls a process by the name that it was started by.
    std::filesystem::create_symlink("/bin/sleep", apiserver());
    provider.emplace(config);
  }
  std::string apiserver() const { return config.directory().File("kube-apiserver"); }

  // Runs `before` and then the probe as root, in a namespace of processes of their own: other
  // kube-apiservers of this machine are not in it.
  Probed ProbeBeside(const std::string& before, const Names& more = {},
                     const std::string& as = "") const {
    const std::string script = before + "exec " + as +
                               "\"$0\" probe --as-kube-apiserver --socket \"$1\" --output json " +
                               Line(more);
    const testing::TempDirectory directory;
    testing::ChildProcess child({.argv = {"unshare", "--pid", "--fork", "--mount-proc", "sh", "-c",
                                          script, testing::ProviderProgram(), config.socket()},
                                 .stdout_file = directory.File("out"),
                                 .stderr_file = directory.File("err")});
    const auto ended = child.Wait(Milliseconds(20000));
    REQUIRE((ended && ended->code));
    return ReadProbe({.code = *ended->code, .out = child.Stdout(), .err = child.Stderr()});
  }
  // A kube-apiserver of this user and further group, started by `begin`.
  std::string Start(uid_t user, gid_t group, const std::string& begin = "") const {
    const std::string id = std::to_string(user);
    return begin + "setpriv --reuid=" + id + " --regid=" + id +
           " --groups=" + std::to_string(group) + " " + apiserver() +
           " 60 & until grep -qx kube-apiserver /proc/$!/comm; do sleep 0.05; done; ";
  }
  static std::string Line(const Names& words) {
    std::string line;
    for (const std::string& word : words) line += word + " ";
    return line;
  }

  Bench bench;
  ProviderConfig config;
  std::optional<Serving> provider;
};

// A namespace of processes cannot be made everywhere.
bool SkippedWithoutNamespaces() {
  if (testing::SkippedWithoutRoot()) return true;
  testing::ChildProcess child({.argv = {"unshare", "--pid", "--fork", "--mount-proc", "true"}});
  const auto ended = child.Wait(Milliseconds(5000));
  return ended != testing::ExitStatus{.code = 0} &&
         testing::SaySkipped("a namespace of processes is not permitted here");
}

TEST_CASE("Probe: root asks as the kube-apiserver that runs and says which one it is") {
  if (SkippedWithoutNamespaces()) return;
  const GroupedSocket scene;
  const Probed probed = scene.ProbeBeside(scene.Start(kStranger, kSocketGroup));
  CHECK(probed.code == 0);
  CHECK(probed.ids == Names{"client.identity", "socket.path", "kms.status", "kms.encrypt",
                            "kms.decrypt", "kms.key_id"});
  for (const auto& [id, status] : probed.status) {
    CAPTURE(id);
    CHECK(status == "pass");
  }
  const std::string& identity = probed.message.at("client.identity");
  CHECK(identity.starts_with("uid=54322 gid=54322 groups=54321, as kube-apiserver (pid "));
  CHECK(identity.ends_with(", uid 54322)"));
}

TEST_CASE("Probe: a kube-apiserver outside the socket's group is told with the mode in its way") {
  if (SkippedWithoutNamespaces()) return;
  const GroupedSocket scene;
  const std::string start = scene.Start(kStranger, kStranger);
  const Probed closed = scene.ProbeBeside(start);
  CHECK(closed.code == 4);
  CHECK(closed.status.at("socket.path") == "fail");
  const std::string& message = closed.message.at("socket.path");
  CHECK(message.starts_with("kube-apiserver (pid "));
  CHECK(message.ends_with(
      ", uid 54322) may not search the socket's directory (mode 2750, owner 0:54321)"));
  CHECK(Says(closed.advice.at("socket.path"), "kube-apiserver's process that group"));
  CHECK(closed.message.at("kms.status") == "needs socket.path");

  REQUIRE(chmod(scene.config.socket_directory().c_str(), 02755) == 0);
  const Probed outside = scene.ProbeBeside(start);
  CHECK(outside.code == 4);
  CHECK(Says(outside.message.at("socket.connect"),
             ", uid 54322) may not use the socket (mode 0660, owner 0:54321)"));
  CHECK(Says(outside.advice.at("socket.connect"), "server.socketGroup"));

  REQUIRE(chmod(scene.config.directory().path().c_str(), 0700) == 0);
  const Probed above =
      scene.ProbeBeside("", {"--uid", "54322", "--gid", "54322", "--groups", "54321"});
  CHECK(above.code == 4);
  CHECK(above.message.at("socket.path") ==
        "kube-apiserver (uid 54322) may not search a directory above the socket's: " +
            scene.config.directory().path() + " (mode 0700, owner 0:0)");
}

TEST_CASE("Probe: of two kube-apiservers the one with this socket's directory is taken") {
  if (SkippedWithoutNamespaces()) return;
  const GroupedSocket scene;
  // The lower pid is of a container with another directory at that path, and would not pass.
  const Probed probed =
      scene.ProbeBeside(scene.Start(kStranger + 1, kStranger,
                                    "unshare --mount sh -c 'mount -t tmpfs none " +
                                        scene.config.socket_directory() + " && exec \"$@\"' - ") +
                        scene.Start(kStranger, kSocketGroup));
  CHECK(probed.code == 0);
  CHECK(probed.status.at("client.identity") == "pass");
  CHECK(Says(probed.message.at("client.identity"), "uid=54322 gid=54322 groups=54321, as "));
}

TEST_CASE("Probe: without a kube-apiserver or without root it says what to give") {
  if (SkippedWithoutNamespaces()) return;
  const GroupedSocket scene;
  const Probed none = scene.ProbeBeside("");
  CHECK(none.code == 4);
  CHECK(none.message.at("client.identity") == "no process on this node is named kube-apiserver");
  CHECK(Says(none.advice.at("client.identity"), "--uid, --gid and --groups"));
  CHECK(none.message.at("kms.status") == "needs client.identity");

  const Probed named = scene.ProbeBeside("", {"--uid", "54322", "--gid", "54321"});
  CHECK(named.code == 0);
  CHECK(named.message.at("client.identity") ==
        "uid=54322 gid=54321 groups=, as kube-apiserver (uid 54322)");

  const Probed nobody = scene.ProbeBeside("", {}, "setpriv --reuid=1 --regid=1 --clear-groups ");
  CHECK(nobody.code == 4);
  CHECK(nobody.message.at("client.identity") ==
        "this is uid 1, and only root may become kube-apiserver's user");
}

TEST_CASE("Probe: a root without the right to override modes is held to them") {
  if (SkippedWithoutNamespaces()) return;
  const GroupedSocket scene;
  // The socket's owner is root as well, so its directory is another user's.
  REQUIRE(chown(scene.config.socket_directory().c_str(), kStranger, kSocketGroup) == 0);
  const auto start = [&](const std::string& bounding) {
    return "setpriv " + bounding + "--clear-groups " + scene.apiserver() +
           " 60 & until grep -qx kube-apiserver /proc/$!/comm; do sleep 0.05; done; ";
  };
  CHECK(scene.ProbeBeside(start("")).code == 0);
  const Probed held =
      scene.ProbeBeside(start("--bounding-set=-dac_override,-dac_read_search --inh-caps=-all "));
  CHECK(held.code == 4);
  CHECK(Says(held.message.at("socket.path"), ", uid 0) may not search the socket's directory"));
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
        Names{"stray"}, Names{"--uid", "1", "--gid", "1"},
        Names{"--as-kube-apiserver", "--uid", "1"}, Names{"--as-kube-apiserver", "--gid", "1"},
        Names{"--as-kube-apiserver", "--groups", "1"},
        Names{"--as-kube-apiserver", "--uid", "-1", "--gid", "1"},
        Names{"--as-kube-apiserver", "--uid", "4294967295", "--gid", "1"},
        Names{"--as-kube-apiserver", "--uid", "1", "--gid", "1", "--groups", "1,,2"}}) {
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
