// A fresh directory for one test, and the documents that tests put into it.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace baokms::adapters::state_file {

class StateDirectory {
 public:
  StateDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "state-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    root_ = name;
    directory_ = name + "/state";
    REQUIRE(::mkdir(directory_.c_str(), 0750) == 0);
  }
  ~StateDirectory() { std::filesystem::remove_all(root_); }
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;

  const std::string& root() const { return root_; }
  const std::string& path() const { return directory_; }
  std::string state() const { return directory_ + "/key-registry.json"; }
  std::string checkpoint() const { return state() + ".checkpoint"; }
  std::string lock() const { return state() + ".lock"; }

  static void Put(const std::string& path, const std::string& text, mode_t mode = 0640) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
  }
  static std::string Get(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static mode_t Mode(const std::string& path) {
    struct stat status{};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
  }

 private:
  std::string root_;
  std::string directory_;
};

inline const std::string kRecordText = R"({"providerName": "p", "clusterId": "c",
  "openbaoInstanceId": "i", "transitMountId": "m", "transitKeyLineageId": "l", "transitVersion": 1,
  "transitVersionCreatedAtUnix": 1715803200, "kubernetesKeyId": "k", "state": "active",
  "aadMode": "aad.required", "observedAtUnix": 5, "promotedAtUnix": 6})";
inline const std::string kStateText =
    R"({"schemaVersion": "keyregistry.openbao-kms/v1alpha2", "identityFingerprint": "f",
  "generation": 1, "currentHash": "h", "activeKeyId": "k", "snapshots": [)" +
    kRecordText + "]}\n";
inline const std::string kCheckpointText =
    R"({"schemaVersion": "keyregistry.openbao-kms/checkpoint/v1alpha1", "generation": 1,
  "currentHash": "h"})"
    "\n";

}  // namespace baokms::adapters::state_file
