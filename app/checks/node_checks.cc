#include "app/checks/node_checks.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "adapters/health_http/listen_check.h"
#include "adapters/health_http/page_client.h"
#include "app/checks/provider_socket.h"
#include "app/checks/running_provider.h"
#include "app/process/socket_group.h"
#include "app/state/configured_state.h"

namespace baokms::app {
namespace {

// The registry is written beside the old one, and then its checkpoint.
constexpr std::size_t kRoomBesideState = std::size_t{8} << 10U;
constexpr mode_t kPermissions = 0777;

// "what is wrong; what to do".
CheckResult FailedSave(std::string_view text) {
  const std::size_t end = text.find("; ");
  if (end == std::string_view::npos) return Fail(std::string(text), "state.path: check the disk");
  return Fail(std::string(text.substr(0, end)), "state.path: " + std::string(text.substr(end + 2)));
}

// Who has to reach the socket.
struct Reacher {
  SocketCaller user;
  std::string who;
};

class NodeUnderCheck {
 public:
  NodeUnderCheck(const OneShot& one_shot, NodeView view)
      : one_shot_(one_shot), view_(std::move(view)), state_(one_shot.configuration) {}

  CheckResult CheckState();
  CheckResult CheckListening();
  CheckResult CheckReachable();
  CheckResult CheckListeners();
  CheckResult CheckProvider();
  CheckResult CheckUser();

 private:
  const core::ServerConfiguration& server() const { return one_shot_.configuration.server; }
  // The process that holds the state's lock; 0: none is known.
  std::int64_t Writer() { return state_.store.FindWriter(); }
  bool Runs(const ProviderSocket& socket) {
    return socket.found == SocketFound::kListening || Writer() != 0;
  }
  // The socket that is there, or else the one that serve would make.
  struct stat SocketOrPlan(const ProviderSocket& socket) const;
  // Without a kube-apiserver: a member of the socket's group that is nobody else.
  std::vector<Reacher> Reachers(gid_t group) const;
  std::string ListenerProblem(std::string_view field, const std::string& address,
                              std::string_view page, std::string_view mark, bool runs) const;

  const OneShot one_shot_;
  const NodeView view_;
  ConfiguredState state_;
};

CheckResult NodeUnderCheck::CheckState() {
  const std::filesystem::path path(one_shot_.configuration.state.path);
  struct stat directory{};
  if (stat(path.parent_path().c_str(), &directory) == 0 && directory.st_uid != geteuid()) {
    return Fail("the state's directory belongs to uid " + std::to_string(directory.st_uid) +
                    ", and this is uid " + std::to_string(geteuid()),
                "state.path: give the directory and its files to the provider's user");
  }
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  const auto saved = state_.store.TrySaving((error ? 0 : size) + kRoomBesideState);
  return saved ? Pass() : FailedSave(saved.error().text);
}

CheckResult NodeUnderCheck::CheckListening() {
  const ProviderSocket socket = LookAtSocket(server().socket_path);
  switch (socket.found) {
    case SocketFound::kNothing:
      if (!Runs(socket)) return Skip("needs a running provider");
      return Fail("a provider runs, but there is no socket",
                  "wait for it if it has just started; else something removed the socket: restart "
                  "the provider");
    case SocketFound::kHidden:
      return Fail("this user may not use the socket or its directory",
                  "server.socketPath: give the directory and the socket to the provider's user, "
                  "the directory with mode 2750");
    case SocketFound::kAnotherFile:
      return Fail("what is there is not a socket",
                  "server.socketPath: remove it; the provider makes the socket when it starts");
    case SocketFound::kLeft:
      if (Runs(socket)) {
        return Fail("a provider runs, but does not listen yet",
                    "wait for it: its log says what it waits for");
      }
      return Fail("there is a socket, but nobody listens at it",
                  "start the provider, which replaces the socket; the one that left it was killed");
    case SocketFound::kListening:
      break;
  }
  const bool another = socket.listener && view_.service.shown_by != UserShownBy::kNothing &&
                       *socket.listener != view_.service.uid;
  if (!another) return Pass();
  return Fail("a process of uid " + std::to_string(*socket.listener) +
                  ", which is not the provider's user, listens",
              "server.socketPath: find out what listens there");
}

struct stat NodeUnderCheck::SocketOrPlan(const ProviderSocket& socket) const {
  if (socket.file) return *socket.file;
  struct stat plan{};
  plan.st_mode = S_IFSOCK | server().socket_mode;
  plan.st_uid = view_.service.uid;
  plan.st_gid = SocketGroupId(server().socket_group).value_or(0);
  return plan;
}

CheckResult NodeUnderCheck::CheckReachable() {
  const ProviderSocket socket = LookAtSocket(server().socket_path);
  if (!socket.directory) return Skip("needs the socket's directory");
  const auto group = SocketGroupId(server().socket_group);
  if (!group) return Skip("needs socket.group");
  const struct stat file = SocketOrPlan(socket);
  const bool found = !view_.kube_apiservers.empty();
  const core::AllowedPeers anybody;
  for (const auto& [user, who] : Reachers(*group)) {
    switch (FindObstacle(user, *socket.directory, file, found ? server().allowed_peers : anybody)) {
      case Obstacle::kNone:
        break;
      case Obstacle::kDirectory:
        return Fail(who + " may not search the socket's directory",
                    "server.socketPath: give the directory the socket's group and mode 2750, and "
                    "kube-apiserver's process that group");
      case Obstacle::kSocket:
        if (!found && (server().socket_mode & S_IWGRP) == 0) {
          return Warn("server.socketMode gives the socket's group nothing",
                      "this is correct if kube-apiserver runs as root or as the provider's user; "
                      "else set server.socketMode to 0660");
        }
        return Fail(who + " may not use the socket",
                    "restart the provider, which sets the socket's group and mode from "
                    "server.socketGroup and server.socketMode, and give kube-apiserver's process "
                    "that group");
      case Obstacle::kAllowedPeers:
        return Fail("server.allowedPeers does not name " + who,
                    "server.allowedPeers: add kube-apiserver's uid, or its primary gid");
    }
  }
  if (socket.file && S_ISSOCK(file.st_mode) &&
      ((file.st_mode & kPermissions) != server().socket_mode || file.st_gid != *group)) {
    return Warn("the socket's mode or group is not the configured one",
                "restart the provider, which sets both; find out what changed them");
  }
  if (!found) return Pass("for the socket's group (gid " + std::to_string(*group) + ")");
  const KubeApiserver& first = view_.kube_apiservers[0];
  return Pass("for " + Described(first) +
              (first.sees_socket == false
                   ? ", which has another directory at that path: its pod may mount the socket's "
                     "elsewhere"
                   : ""));
}

std::vector<Reacher> NodeUnderCheck::Reachers(gid_t group) const {
  std::vector<Reacher> reachers;
  for (const KubeApiserver& found : view_.kube_apiservers) {
    reachers.push_back({.user = found.user, .who = Described(found)});
  }
  if (reachers.empty()) {
    reachers.push_back(
        {.user = {.uid = UINT32_MAX - 1, .gid = group, .groups = {}},
         .who = "a member of the socket's group (gid " + std::to_string(group) + ")"});
  }
  return reachers;
}

std::string NodeUnderCheck::ListenerProblem(std::string_view field, const std::string& address,
                                            std::string_view page, std::string_view mark,
                                            bool runs) const {
  namespace health = adapters::health_http;
  if (!HasKnownPort(address)) return {};
  if (runs) {
    const auto answer = health::ReadPage(address, page, std::chrono::seconds(3));
    if (answer && answer->body.find(mark) != std::string::npos) return {};
  }
  const auto problem = health::FindListenProblem(address);
  if (problem) return std::string(field) + ": " + std::string(Name(*problem));
  return runs ? std::string(field) + ": the running provider does not listen there" : std::string();
}

CheckResult NodeUnderCheck::CheckListeners() {
  const bool runs = Runs(LookAtSocket(server().socket_path));
  std::string seen = ListenerProblem("server.metricsAddress", server().metrics_address, "/metrics",
                                     "openbao_kms_build_info", runs);
  const std::string health = ListenerProblem("server.healthAddress", server().health_address,
                                             "/live", R"("status")", runs);
  if (!health.empty()) seen += (seen.empty() ? "" : "; ") + health;
  if (seen.empty()) return Pass();
  return Fail(std::move(seen),
              "find out what listens there (ss -ltnp), then stop it or choose another address: the "
              "provider serves without, but nobody sees its metrics, and the kubelet restarts a "
              "static pod without health");
}

CheckResult NodeUnderCheck::CheckProvider() {
  const ProviderSocket socket = LookAtSocket(server().socket_path);
  if (Runs(socket)) {
    return JudgeProvider(AskProvider(server(), socket.found == SocketFound::kListening));
  }
  if (socket.found == SocketFound::kLeft) {
    return Fail("it does not run, and was killed: its socket is still there",
                "start the provider; its log and the kernel's (out of memory) say why it ended");
  }
  std::error_code error;
  if (std::filesystem::exists(one_shot_.configuration.state.path, error)) {
    return Warn("it does not run, and has served on this node",
                "start the provider: until then kube-apiserver on this node can read and write "
                "nothing that it encrypts");
  }
  return Skip("it does not run, and has not served on this node yet");
}

CheckResult NodeUnderCheck::CheckUser() {
  return JudgeUser({.service = view_.service,
                    .started_as = view_.started_as,
                    .checked_as = geteuid(),
                    .running = LookAtSocket(server().socket_path).listener});
}

}  // namespace

std::vector<PlannedCheck> NodeChecks(const OneShot& one_shot, const NodeView& view, bool usable) {
  const auto node = std::make_shared<NodeUnderCheck>(one_shot, view);
  const auto check = [&](std::string_view id, std::string_view title,
                         CheckResult (NodeUnderCheck::*run)()) {
    return PlannedCheck{.id = id,
                        .title = title,
                        .run = [node, run] { return (*node.*run)(); },
                        .stands = usable ? Stands::kAlone : Stands::kOnAllBefore};
  };
  return {
      check("state.writable", "State can be saved", &NodeUnderCheck::CheckState),
      check("socket.listening", "Socket is served", &NodeUnderCheck::CheckListening),
      check("socket.reachable", "Socket access", &NodeUnderCheck::CheckReachable),
      check("listeners.available", "Metrics and health addresses", &NodeUnderCheck::CheckListeners),
      check("provider.running", "Running provider", &NodeUnderCheck::CheckProvider),
      check("service.user", "Provider's user", &NodeUnderCheck::CheckUser)};
}

}  // namespace baokms::app
