// A control-plane node of a test's own whose containers podman runs with runc, with the image of
// the release build: what a kubelet would do with it, without a kubelet. Needs root, mounts,
// podman, buildah and the release build (cmake --preset release).
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/support/node_setup_case.h"
#include "tests/runbooks/page.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/kms_stub.h"

namespace baokms::image_tests {

using e2e::CommandResult;
using e2e::Milliseconds;
using testing::Json;
using Arguments = std::vector<std::string>;

// The group of the socket on the node.
inline constexpr const char* kSocketGid = "4711";
inline constexpr const char* kRepository = "registry.example/bao-kms-provider";

class PodmanNode {
 public:
  // Says so when this machine cannot have one.
  static bool Skipped();
  // The same of one more program.
  static bool SkippedWithout(const char* program);

  // The image is built by the command of docs/image.md and lies where that page has it.
  PodmanNode();
  // Ends every process of the node.
  ~PodmanNode();
  PodmanNode(const PodmanNode&) = delete;
  PodmanNode& operator=(const PodmanNode&) = delete;

  // On the node, as root, in a shell.
  CommandResult Run(const std::string& commands) const;
  // The same; REQUIREs that it works. What it printed, without the last line end.
  std::string Must(const std::string& commands) const;

  // A block of docs/image.md, with this image's digest; REQUIREs that it works.
  std::string DoPage(const std::string& section, const std::string& block) const;
  // The same of "Put it on a node" for podman.
  void LoadImage() const { DoPage("Put it on a node", "load"); }
  // With the digest that the build printed.
  const std::string& digest() const { return digest_; }
  std::string Image() const { return std::string(kRepository) + "@" + digest_; }
  // The bundle of `init --model static-pod` for that image, and its prepare and install.
  void SetUp();

  const e2e::ScratchMachine& machine() const { return setup_.machine; }
  e2e::Bench& bench() { return setup_.bench; }
  Json& values() { return setup_.values; }

  // The credential, replaced by rename, as node-setup.sh leaves it.
  void RenewJwt(const std::string& jwt) const;
  // "/live", "/ready": an HTTP status, 0 without an answer.
  int Health(const std::string& path) const;
  bool Ready() const { return Health("/ready") == 200; }
  // A client on the node, outside of the container.
  testing::KmsStub Kms() const {
    return testing::KmsStub(machine().At("/run/openbao-kms/kms.sock"));
  }
  // Lines of the container's log with this message.
  std::vector<Json> LogLines(const std::string& container, std::string_view message) const;
  // A series as it is printed; 0 when it is not there.
  double Metric(const std::string& series) const;
  // What `podman inspect` says of it.
  Json Inspect(const std::string& container) const;
  // Of its process, as the node numbers it.
  std::string Pid(const std::string& container) const;

 private:
  const std::string& Commands(const std::string& section, const std::string& block) const;
  void BuildImage();
  void Start();

  runbooks::Page page_;
  e2e::NodeSetup setup_;
  std::string digest_;
  std::unique_ptr<testing::ChildProcess> holder_;  // behind setup_: its mounts go first
  pid_t first_ = 0;                                // PID 1 of the node, numbered here
};

}  // namespace baokms::image_tests
