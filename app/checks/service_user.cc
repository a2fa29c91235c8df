#include "app/checks/service_user.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "app/process/become_user.h"
#include "app/process/socket_group.h"
#include "core/text/printable.h"

namespace baokms::app {
namespace {

constexpr const char* kAccount = "openbao-kms";
// The directory that the packages make for that account.
constexpr std::string_view kPackagedDirectory = "/run/openbao-kms";

std::string DirectoryOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

template <typename Find>
std::optional<Account> LookUp(Find find) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> room(16 * 1024);
  if (find(&entry, room.data(), room.size(), &found) != 0 || found == nullptr) return std::nullopt;
  return Account{found->pw_name, found->pw_uid, found->pw_gid};
}

std::optional<Account> AccountOf(uid_t uid) {
  return LookUp([uid](auto... rest) { return getpwuid_r(uid, rest...); });
}

// The owner of a directory; root's say nothing.
std::optional<struct stat> OwnedBySomebody(const std::string& directory) {
  struct stat status{};
  if (stat(directory.c_str(), &status) != 0 || status.st_uid == 0) return std::nullopt;
  return status;
}

ServiceUser Owner(UserShownBy shown_by, uid_t uid, const std::optional<struct stat>& state) {
  ServiceUser user{.shown_by = shown_by, .uid = uid, .gid = uid, .name = {}};
  if (const auto account = AccountOf(uid)) {
    user.gid = account->gid;
    user.name = account->name;
  } else if (state && state->st_uid == uid) {
    // A static pod's user has no account on the node.
    user.gid = state->st_gid;
  }
  return user;
}

std::string Described(uid_t uid, const std::string& name) {
  const std::string number = "uid " + std::to_string(uid);
  return name.empty() ? number : core::Printable(name, core::Kept::kAscii) + " (" + number + ")";
}

std::string_view Evidence(UserShownBy shown_by) {
  switch (shown_by) {
    case UserShownBy::kSocketDirectory:
      return "the owner of the socket's directory";
    case UserShownBy::kStateDirectory:
      return "the owner of the state's directory";
    case UserShownBy::kAccount:
      return "the account of the packages";
    case UserShownBy::kNothing:
      break;
  }
  return "";
}

}  // namespace

ServiceUser FindServiceUser(const core::Configuration& configuration) {
  const std::string socket_directory = DirectoryOf(configuration.server.socket_path);
  const auto state = OwnedBySomebody(DirectoryOf(configuration.state.path));
  if (const auto socket = OwnedBySomebody(socket_directory)) {
    return Owner(UserShownBy::kSocketDirectory, socket->st_uid, state);
  }
  if (state) return Owner(UserShownBy::kStateDirectory, state->st_uid, state);
  if (socket_directory.starts_with(kPackagedDirectory)) {
    const auto account = LookUp([](auto... rest) { return getpwnam_r(kAccount, rest...); });
    if (account) return {UserShownBy::kAccount, account->uid, account->gid, account->name};
  }
  return {};
}

bool BecomeServiceUser(const ServiceUser& user, const std::string& socket_group) {
  std::vector<gid_t> groups{user.gid};
  if (!user.name.empty()) {
    int count = 256;
    groups.resize(static_cast<std::size_t>(count));
    if (getgrouplist(user.name.c_str(), user.gid, groups.data(), &count) < 0) count = 256;
    groups.resize(static_cast<std::size_t>(count));
  }
  const auto of_socket = SocketGroupId(socket_group);
  if (of_socket && std::ranges::find(groups, *of_socket) == groups.end()) {
    groups.push_back(*of_socket);
  }
  return BecomeUser(user.uid, user.gid, groups);
}

CheckResult JudgeUser(const CheckedAs& as) {
  const ServiceUser& service = as.service;
  if (as.running && service.shown_by != UserShownBy::kNothing && *as.running != service.uid) {
    return Fail("the running provider is uid " + std::to_string(*as.running) + ", but " +
                    std::string(Evidence(service.shown_by)) + " is " +
                    Described(service.uid, service.name),
                "give the directories of server.socketPath and state.path to the user that the "
                "provider runs as: its next start would be refused");
  }
  if (service.shown_by == UserShownBy::kNothing) {
    if (as.checked_as != 0) {
      return Warn("checked as uid " + std::to_string(as.checked_as) +
                      ", and nothing shows that the provider runs as that user",
                  "run doctor as root or as the provider's user, to which the directories of "
                  "server.socketPath and state.path must belong");
    }
    return Warn(
        "checked as root: the directories of the socket and of the state do not belong to "
        "another user",
        "give both directories to a user of the provider's own; root may do much that such "
        "a user may not");
  }
  const std::string wanted = Described(service.uid, service.name);
  if (as.checked_as == service.uid) {
    return Pass("checked as " + wanted +
                (as.started_as == as.checked_as ? std::string()
                                                : ", " + std::string(Evidence(service.shown_by))));
  }
  const std::string advice =
      "run doctor as the provider's user (runuser -u USER -- ...) or as "
      "root, which becomes that user";
  if (as.checked_as == 0) {
    return Warn("checked as root, because this process may not become " + wanted, advice);
  }
  return Fail(
      "checked as uid " + std::to_string(as.checked_as) + ", but the provider's user is " + wanted,
      advice + "; do not change the owner of the directories");
}

}  // namespace baokms::app
