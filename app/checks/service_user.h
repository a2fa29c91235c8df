// The user that the provider runs as on this node, for `doctor`: what root may says nothing about
// what that user may.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "app/checks/check_report.h"
#include "core/model/configuration.h"

namespace baokms::app {

enum class UserShownBy : std::uint8_t {
  kNothing,          // the directories are root's or are not there, and there is no account
  kSocketDirectory,  // its owner, which serve insists on
  kStateDirectory,   // the same
  kAccount,          // the one that the packages make
};

struct ServiceUser {
  UserShownBy shown_by = UserShownBy::kNothing;
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;  // of its account; empty without one
};

// From the directories that the configuration names; its values are good.
ServiceUser FindServiceUser(const core::Configuration& configuration);

// This process becomes that user for good, with the account's groups and the socket's group, as the
// service manager gives them. Root alone can; false: nothing has changed. While there is one
// thread.
bool BecomeServiceUser(const ServiceUser& user, const std::string& socket_group);

// Whose rights the checks had.
struct CheckedAs {
  ServiceUser service;
  uid_t started_as = 0;
  uid_t checked_as = 0;
  std::optional<uid_t> running;  // the user of the provider that listens
};
CheckResult JudgeUser(const CheckedAs& as);

}  // namespace baokms::app
