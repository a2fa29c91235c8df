#include "app/checks/probe_caller.h"

#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "app/process/become_user.h"

namespace baokms::app {
namespace {

constexpr const char* kNameOne =
    "give --uid, --gid and --groups of the user that kube-apiserver runs as";

// As the kernel has it now.
std::string OwnIdentity() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, getgroups(0, nullptr))));
  const int count = getgroups(static_cast<int>(groups.size()), groups.data());
  std::string seen =
      "uid=" + std::to_string(geteuid()) + " gid=" + std::to_string(getegid()) + " groups=";
  for (int i = 0; i < count; ++i) {
    seen += (i == 0 ? "" : ",") + std::to_string(groups[static_cast<std::size_t>(i)]);
  }
  return seen;
}

ProbeCaller NobodyToAskAs(CheckResult why) {
  return {.who = {}, .is_kube_apiserver = true, .identity = std::move(why)};
}

CheckResult NeedsRoot() {
  return Fail("this is uid " + std::to_string(geteuid()) +
                  ", and only root may become kube-apiserver's user",
              "run it as root, or without --as-kube-apiserver as kube-apiserver's user");
}

ProbeCaller Become(const Chosen& chosen) {
  if (chosen.result.status == CheckStatus::kFail) return NobodyToAskAs(chosen.result);
  const SocketCaller& user = chosen.user;
  const bool became = BecomeUser(user.uid, user.gid, user.groups) &&
                      (user.uid != 0 || user.overrides_modes || GiveUpOverridingModes());
  if (!became) {
    return NobodyToAskAs(Fail("this process may not become uid " + std::to_string(user.uid),
                              "run it on the node itself, as root with CAP_SETUID and CAP_SETGID: "
                              "a container may lack them"));
  }
  ProbeCaller caller{.who = chosen.who, .is_kube_apiserver = true, .identity = chosen.result};
  caller.identity.message = OwnIdentity() + ", as " + chosen.who +
                            (chosen.result.message.empty() ? "" : ", " + chosen.result.message);
  return caller;
}

}  // namespace

Chosen ChooseKubeApiserver(const std::vector<KubeApiserver>& found) {
  if (found.empty()) {
    return {.user = {},
            .who = {},
            .result = Fail("no process on this node is named kube-apiserver",
                           std::string("start kube-apiserver, or ") + kNameOne)};
  }
  const KubeApiserver& first = found.front();
  Chosen chosen{.user = first.user, .who = Described(first), .result = Pass()};
  if (found.size() > 1) {
    chosen.result = Warn("the first of " + std::to_string(found.size()) + " with different users",
                         std::string("if it is not the one that uses this socket, ") + kNameOne);
  } else if (first.sees_socket == false) {
    chosen.result =
        Warn("which has another directory at this path",
             std::string("this is correct if its pod mounts the socket's directory elsewhere; if "
                         "it belongs to another cluster, ") +
                 kNameOne);
  }
  return chosen;
}

ProbeCaller ThisUser() {
  ProbeCaller caller;
  caller.identity = geteuid() != 0
                        ? Pass(OwnIdentity())
                        : Warn(OwnIdentity(),
                               "root may use any socket: give --as-kube-apiserver, or run this as "
                               "the user that kube-apiserver runs as");
  return caller;
}

ProbeCaller BecomeKubeApiserver(const std::string& socket_path) {
  if (geteuid() != 0) return NobodyToAskAs(NeedsRoot());
  return Become(ChooseKubeApiserver(FindKubeApiservers(socket_path)));
}

ProbeCaller BecomeNamedUser(const SocketCaller& user) {
  if (geteuid() != 0) return NobodyToAskAs(NeedsRoot());
  return Become({.user = user,
                 .who = "kube-apiserver (uid " + std::to_string(user.uid) + ")",
                 .result = Pass()});
}

}  // namespace baokms::app
