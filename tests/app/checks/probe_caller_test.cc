// Whom `probe --as-kube-apiserver` takes.
#include "app/checks/probe_caller.h"

#include <doctest/doctest.h>

namespace baokms::app {
namespace {

KubeApiserver Found(pid_t pid, uid_t uid, std::optional<bool> sees_socket = true) {
  return {.pid = pid, .user = {.uid = uid, .gid = uid, .groups = {7}}, .sees_socket = sees_socket};
}

}  // namespace

TEST_CASE("Probe caller: the only kube-apiserver is taken and named by its pid") {
  const Chosen chosen = ChooseKubeApiserver({Found(71, 1000)});
  CHECK(chosen.result.status == CheckStatus::kPass);
  CHECK(chosen.user == Found(71, 1000).user);
  CHECK(chosen.who == "kube-apiserver (pid 71, uid 1000)");
  CHECK(ChooseKubeApiserver({Found(71, 1000, std::nullopt)}).result.status == CheckStatus::kPass);
}

TEST_CASE("Probe caller: without one there is nobody and it says what to give") {
  const Chosen chosen = ChooseKubeApiserver({});
  CHECK(chosen.result.status == CheckStatus::kFail);
  CHECK(chosen.result.message == "no process on this node is named kube-apiserver");
  CHECK(chosen.result.advice.contains("--uid, --gid and --groups"));
}

TEST_CASE("Probe caller: a choice that may be wrong is a warning") {
  const Chosen several = ChooseKubeApiserver({Found(71, 1000), Found(80, 0)});
  CHECK(several.result.status == CheckStatus::kWarn);
  CHECK(several.user.uid == 1000);
  CHECK(several.result.message == "the first of 2 with different users");
  const Chosen elsewhere = ChooseKubeApiserver({Found(71, 1000, false)});
  CHECK(elsewhere.result.status == CheckStatus::kWarn);
  CHECK(elsewhere.result.message == "which has another directory at this path");
}

}  // namespace baokms::app
