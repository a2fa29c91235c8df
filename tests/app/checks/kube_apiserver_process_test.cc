// kube-apiserver among the processes of a node, found in a /proc of the test's own.
#include "app/checks/kube_apiserver_process.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/harness/temp_directory.h"

namespace baokms::app {
namespace {

std::string Status(const std::string& uids, const std::string& capabilities) {
  return "Name:\tkube-apiserver\nUmask:\t0022\nState:\tS (sleeping)\nPid:\t7\nUid:\t" + uids +
         "\nGid:\t2000\t2001\t2000\t2000\nFDSize:\t64\nGroups:\t10 997 "
         "\nCapInh:\t0000000000000000\n"
         "CapPrm:\t" +
         capabilities + "\nCapEff:\t" + capabilities + "\nSeccomp:\t0\n";
}

class Processes {
 public:
  void Add(const std::string& pid, const std::string& comm, const std::string& status) {
    const std::filesystem::path directory = directory_.File(pid);
    std::filesystem::create_directory(directory);
    std::ofstream(directory / "comm") << comm << '\n';
    std::ofstream(directory / "status") << status;
  }
  // Its root is `root`, as the kernel shows it.
  void Root(const std::string& pid, const std::string& root) {
    std::filesystem::create_directory_symlink(root, directory_.File(pid) + "/root");
  }
  std::vector<KubeApiserver> Find(const std::string& socket = "/nonexistent/kms.sock") const {
    return FindKubeApiservers(socket, directory_.path());
  }

 private:
  testing::TempDirectory directory_;
};

std::vector<pid_t> PidsOf(const std::vector<KubeApiserver>& found) {
  std::vector<pid_t> pids;
  for (const KubeApiserver& one : found) pids.push_back(one.pid);
  return pids;
}

TEST_CASE("kube-apiserver: it is found with its effective user and groups") {
  Processes processes;
  processes.Add("1", "systemd", Status("0\t0\t0\t0", "000001ffffffffff"));
  processes.Add("71", "kube-apiserver", Status("1\t2002\t1\t1", "0000000000000000"));
  processes.Add("72", "kube-apiserver-x", Status("3\t3\t3\t3", "0000000000000000"));
  processes.Add("self", "kube-apiserver", Status("4\t4\t4\t4", "0000000000000000"));
  CHECK(processes.Find() ==
        std::vector{KubeApiserver{.pid = 71,
                                  .user = {.uid = 2002, .gid = 2001, .groups = {10, 997}},
                                  .sees_socket = std::nullopt}});
  CHECK(Described(processes.Find()[0]) == "kube-apiserver (pid 71, uid 2002)");
}

TEST_CASE("kube-apiserver: two of one user count once and none is none") {
  Processes processes;
  CHECK(processes.Find().empty());
  processes.Add("71", "kube-apiserver", Status("0\t0\t0\t0", "000001ffffffffff"));
  processes.Add("72", "kube-apiserver", Status("0\t0\t0\t0", "000001ffffffffff"));
  CHECK(processes.Find().size() == 1);
  CHECK(FindKubeApiservers("/run/a/kms.sock", "/nonexistent").empty());
}

TEST_CASE("kube-apiserver: one that has the socket's directory is taken before a lower pid") {
  const testing::TempDirectory node;
  const testing::TempDirectory container;
  std::filesystem::create_directories(container.path() + node.path());
  const std::string socket = node.File("kms.sock");
  Processes processes;
  processes.Add("71", "kube-apiserver", Status("1\t1\t1\t1", "0000000000000000"));
  processes.Root("71", container.path());  // another directory at the same path
  processes.Add("650", "kube-apiserver", Status("2\t2\t2\t2", "0000000000000000"));
  processes.Root("650", "/");
  processes.Add("1200", "kube-apiserver", Status("3\t3\t3\t3", "0000000000000000"));
  processes.Root("1200", node.path());  // nothing at that path
  const auto found = processes.Find(socket);
  CHECK(PidsOf(found) == std::vector<pid_t>{650});
  CHECK(found[0].sees_socket == true);
}

TEST_CASE("kube-apiserver: without one that has the socket's directory all are told by pid") {
  const testing::TempDirectory node;
  const testing::TempDirectory container;
  Processes processes;
  processes.Add("650", "kube-apiserver", Status("2\t2\t2\t2", "0000000000000000"));
  processes.Root("650", container.path());
  processes.Add("71", "kube-apiserver", Status("1\t1\t1\t1", "0000000000000000"));
  processes.Root("71", container.path());
  processes.Add("9", "kube-apiserver", Status("3\t3\t3\t3", "0000000000000000"));
  const auto found = processes.Find(node.File("kms.sock"));
  CHECK(PidsOf(found) == std::vector<pid_t>{9, 71, 650});
  CHECK(found[0].sees_socket == std::nullopt);  // its root is not to be seen
  CHECK(found[1].sees_socket == false);
}

TEST_CASE("kube-apiserver: an absolute link in another root leads to that root's files") {
  const testing::TempDirectory node;
  const testing::TempDirectory container;
  // To this node's own directory, if it were followed from this process's root.
  std::filesystem::create_directories(container.path() +
                                      std::filesystem::path(node.path()).parent_path().string());
  std::filesystem::create_directory_symlink(node.path(), container.path() + node.path() + "-link");
  std::filesystem::create_directory_symlink(node.path(), node.path() + "-link");
  Processes processes;
  processes.Add("71", "kube-apiserver", Status("1\t1\t1\t1", "0000000000000000"));
  processes.Root("71", container.path());
  const auto found = processes.Find(node.path() + "-link/kms.sock");
  CHECK(found.at(0).sees_socket == false);
  std::filesystem::remove(node.path() + "-link");
}

TEST_CASE("kube-apiserver: root overrides modes only with the capability and nobody else does") {
  const auto overrides = [](const std::string& uid, const std::string& capabilities) {
    const auto caller =
        ParseProcessStatus(Status(uid + "\t" + uid + "\t" + uid + "\t" + uid, capabilities));
    REQUIRE(caller.has_value());
    return caller->overrides_modes;
  };
  CHECK(overrides("0", "000001ffffffffff"));
  CHECK(overrides("0", "0000000000000002"));
  CHECK_FALSE(overrides("0", "0000000000000400"));
  CHECK_FALSE(overrides("1000", "000001ffffffffff"));
}

TEST_CASE("kube-apiserver: a status that is cut is nobody's") {
  const std::string whole = Status("1\t1\t1\t1", "0000000000000000");
  CHECK_FALSE(ParseProcessStatus("").has_value());
  CHECK_FALSE(ParseProcessStatus(whole.substr(0, whole.find("Groups"))).has_value());
  CHECK_FALSE(ParseProcessStatus(Status("1\t1", "0")).has_value());
  CHECK_FALSE(ParseProcessStatus(Status("x\t1\t1\t1", "0")).has_value());
}

}  // namespace
}  // namespace baokms::app
