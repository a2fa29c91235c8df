// Something that a control plane needs is away or answers badly for a while: what users of the
// cluster see of it, with a real kube-apiserver and the intervals that an installation has.
#pragma once

#include <functional>

#include "tests/e2e/kubernetes/control_plane.h"

namespace baokms::e2e {

struct Outage {
  std::function<void(ControlPlane&)> begin;
  std::function<void(ControlPlane&)> end;
};

// Objects are read and written until three minutes after the last good Status; then writes are
// refused, until it is over. While it lasts, a kube-apiserver that starts is not ready; afterwards
// it gets ready by itself. CHECKs this, and prints how long each took. Minutes.
void CheckWritesStop(const Outage& outage);

// One that users do not notice: more than three minutes of it, and a start of kube-apiserver in it.
void CheckNothingIsSeen(const Outage& outage);

// The provider's intervals are those of an installation from now on.
void UseDefaultIntervals(ControlPlane& plane);

// Whether kube-apiserver is; else `lacks` has the checks of /readyz that fail, if it answers.
bool IsReady(const ControlPlane& plane, std::string& lacks);

}  // namespace baokms::e2e
