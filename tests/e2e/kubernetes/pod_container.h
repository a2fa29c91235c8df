// A static pod's container as the kubelet would start it: its command, user and groups, and of the
// node's files only what its volumes mount. There is no image: programs are those of a
// ScratchMachine.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/support/scratch_machine.h"
#include "tests/support/harness/child_process.h"

namespace baokms::e2e {

// What the container may do.
struct PodIdentity {
  std::string user = "0";
  std::string group = "0";
  std::vector<std::string> groups = {};  // supplementary
};
// Of the manifest's securityContext.
PodIdentity IdentityOf(const std::string& manifest);

class PodContainer {
 public:
  // `manifest`: a pod with one container. FAILs, as the kubelet would, when a volume of the type
  // Directory is none on `node`, which outlives this. `program` is what the command's name stands
  // for.
  PodContainer(const ScratchMachine& node, const std::string& manifest, const std::string& program);
  // Takes the volumes away; aborts rather than leave one.
  ~PodContainer();
  PodContainer(const PodContainer&) = delete;
  PodContainer& operator=(const PodContainer&) = delete;

  // Without any capability, which is stricter than what a kubelet's runtime leaves to root. Ends
  // the one before.
  void Start(const PodIdentity& identity);
  bool Running() { return process_->Running(); }
  std::optional<testing::ExitStatus> Wait(Milliseconds timeout) { return process_->Wait(timeout); }
  void Kill() { process_.reset(); }
  // Of the last start.
  std::string Log() const { return testing::ReadWholeFile(output_.File("log")); }

  std::vector<std::string> command;  // of the manifest

 private:
  void Mount(const std::string& from, const std::string& to, bool read_only);

  ScratchMachine root_;
  std::vector<std::string> mounts_;
  testing::TempDirectory output_;
  std::unique_ptr<testing::ChildProcess> process_;
};

}  // namespace baokms::e2e
