// What only this node can say (reports-and-labels.md, "doctor"): whether a save would work, whether
// kube-apiserver reaches the socket, whether the listeners can listen, and how the provider is that
// runs here.
#pragma once

#include <vector>

#include "app/checks/check_report.h"
#include "app/checks/kube_apiserver_process.h"
#include "app/checks/service_user.h"
#include "app/openbao/one_shot.h"

namespace baokms::app {

struct NodeView {
  ServiceUser service;
  uid_t started_as = 0;
  std::vector<KubeApiserver> kube_apiservers;  // that run here
};

// They need nothing but good values in the configuration: with `usable`, they run whatever failed
// before. What the arguments refer to outlives the checks.
std::vector<PlannedCheck> NodeChecks(const OneShot& one_shot, const NodeView& view, bool usable);

}  // namespace baokms::app
