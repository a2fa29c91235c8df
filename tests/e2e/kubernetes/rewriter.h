// The person who runs deploy/kubernetes/rewrite-objects.sh, with a kubectl of their own.
#pragma once

#include <memory>
#include <string>

#include "tests/e2e/kubernetes/control_plane.h"

namespace baokms::e2e {

// Says why, when kubectl, etcd or kube-apiserver is missing.
bool SkippedWithoutKubectl();
// The program.
std::string Kubectl();

// One thread.
class Rewriter {
 public:
  // kubectl's access is an administrator's, or that of the user `as`.
  explicit Rewriter(const ControlPlane& plane, const std::string& as = "");
  // Another server from now on, and no certificate authority.
  void GoElsewhere(const std::string& url) { WriteKubeconfig(url, "", "token", ""); }

  std::string kubeconfig() const { return directory_.File("kubeconfig"); }
  // For --progress; not there at first.
  std::string progress() const { return directory_.File("progress"); }

  std::unique_ptr<testing::ChildProcess> Start(Names arguments);
  // To its end, which leaves nothing behind. REQUIREs that it ends within three minutes.
  CommandResult Run(const Names& arguments);
  // CHECKs that it ends with this code; what it says on standard error.
  std::string Refused(int code, const Names& arguments);
  // CHECKs that no directory of its own is left after a moment, and so no proxy that would serve in
  // it.
  void CheckNothingLeft() const;

 private:
  void WriteKubeconfig(const std::string& url, const std::string& ca_file, const std::string& token,
                       const std::string& as) const;

  testing::TempDirectory directory_;
  int runs_ = 0;
};

}  // namespace baokms::e2e
