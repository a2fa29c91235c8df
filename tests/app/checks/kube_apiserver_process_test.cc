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
         "\nGid:\t2000\t2001\t2000\t2000\nFDSize:\t64\nGroups:\t10 997 \nCapInh:\t0000000000000000\n"
         "CapPrm:\t" + capabilities + "\nCapEff:\t" + capabilities + "\nSeccomp:\t0\n";
}

class Processes {
 public:
  void Add(const std::string& pid, const std::string& comm, const std::string& status) {
    const std::filesystem::path directory = directory_.File(pid);
    std::filesystem::create_directory(directory);
    std::ofstream(directory / "comm") << comm << '\n';
    std::ofstream(directory / "status") << status;
  }
  std::vector<SocketCaller> Find() const { return FindKubeApiservers(directory_.path()); }

 private:
  testing::TempDirectory directory_;
};

TEST_CASE("kube-apiserver: it is found with its effective user and groups") {
  Processes processes;
  processes.Add("1", "systemd", Status("0\t0\t0\t0", "000001ffffffffff"));
  processes.Add("71", "kube-apiserver", Status("1\t2002\t1\t1", "0000000000000000"));
  processes.Add("72", "kube-apiserver-x", Status("3\t3\t3\t3", "0000000000000000"));
  processes.Add("self", "kube-apiserver", Status("4\t4\t4\t4", "0000000000000000"));
  CHECK(processes.Find() ==
        std::vector{SocketCaller{.uid = 2002, .gid = 2001, .groups = {10, 997}}});
}

TEST_CASE("kube-apiserver: two of one user count once and none is none") {
  Processes processes;
  CHECK(processes.Find().empty());
  processes.Add("71", "kube-apiserver", Status("0\t0\t0\t0", "000001ffffffffff"));
  processes.Add("72", "kube-apiserver", Status("0\t0\t0\t0", "000001ffffffffff"));
  CHECK(processes.Find().size() == 1);
  CHECK(FindKubeApiservers("/nonexistent").empty());
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
