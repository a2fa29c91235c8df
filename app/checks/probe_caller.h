// Whom `probe` asks as: the user that runs it, or, as root, kube-apiserver's.
#pragma once

#include <string>
#include <vector>

#include "app/checks/check_report.h"
#include "app/checks/kube_apiserver_process.h"
#include "app/checks/socket_access.h"

namespace baokms::app {

struct ProbeCaller {
  std::string who = "this user";  // the beginning of a sentence
  bool is_kube_apiserver = false;
  CheckResult identity;  // of client.identity; a failure: nobody to ask as
};

// The one to become, or why there is none. `found`: FindKubeApiservers'.
struct Chosen {
  SocketCaller user;
  std::string who;
  CheckResult result;  // kFail: none; kWarn: it may be the wrong one
};
Chosen ChooseKubeApiserver(const std::vector<KubeApiserver>& found);

// This process as it is.
ProbeCaller ThisUser();

// Becomes the user of the kube-apiserver that runs on this node, for good: its effective uid and
// gid, its groups, and root without the right to override modes where kube-apiserver lacks it.
// While there is one thread.
ProbeCaller BecomeKubeApiserver(const std::string& socket_path);
// The same with a user that the operator names.
ProbeCaller BecomeNamedUser(const SocketCaller& user);

}  // namespace baokms::app
