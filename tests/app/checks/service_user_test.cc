// Whose rights the checks of `doctor` had, and what that is worth.
#include "app/checks/service_user.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/harness/temp_directory.h"
#include "tests/support/skip.h"

namespace baokms::app {
namespace {

const ServiceUser kOwner{
    .shown_by = UserShownBy::kSocketDirectory, .uid = 998, .gid = 997, .name = "openbao-kms"};

TEST_CASE("Provider's user: root that became it says so") {
  const CheckResult result =
      JudgeUser({.service = kOwner, .started_as = 0, .checked_as = 998, .running = std::nullopt});
  CHECK(result.status == CheckStatus::kPass);
  CHECK(result.message ==
        "checked as openbao-kms (uid 998), the owner of the socket's directory");
}

TEST_CASE("Provider's user: the user itself passes") {
  CHECK(JudgeUser({.service = kOwner, .started_as = 998, .checked_as = 998, .running = 998})
            .message == "checked as openbao-kms (uid 998)");
}

TEST_CASE("Provider's user: another user is told who to be and not to change an owner") {
  const CheckResult result =
      JudgeUser({.service = kOwner, .started_as = 5, .checked_as = 5, .running = std::nullopt});
  CHECK(result.status == CheckStatus::kFail);
  CHECK(result.advice.find("do not change the owner") != std::string::npos);
}

TEST_CASE("Provider's user: root that may not become it and root that found nobody are warned") {
  CHECK(JudgeUser({.service = kOwner, .started_as = 0, .checked_as = 0, .running = std::nullopt})
            .status == CheckStatus::kWarn);
  CHECK(JudgeUser({.service = {}, .started_as = 0, .checked_as = 0, .running = 0}).status ==
        CheckStatus::kWarn);
}

TEST_CASE("Provider's user: a running provider of another user fails") {
  const CheckResult result =
      JudgeUser({.service = kOwner, .started_as = 0, .checked_as = 998, .running = 65532});
  CHECK(result.status == CheckStatus::kFail);
  CHECK(result.message.find("the running provider is uid 65532") != std::string::npos);
}

TEST_CASE("Provider's user: the owner of the socket's directory comes before the state's") {
  if (testing::SkippedWithoutRoot()) return;
  const testing::TempDirectory directory;
  core::Configuration configuration;
  configuration.server.socket_path = directory.File("run") + "/kms.sock";
  configuration.state.path = directory.File("state") + "/key-registry.json";
  CHECK(FindServiceUser(configuration).shown_by == UserShownBy::kNothing);
  REQUIRE(mkdir(directory.File("run").c_str(), 0750) == 0);
  REQUIRE(mkdir(directory.File("state").c_str(), 0750) == 0);
  CHECK(FindServiceUser(configuration).shown_by == UserShownBy::kNothing);
  REQUIRE(chown(directory.File("state").c_str(), 54321, 54322) == 0);
  ServiceUser user = FindServiceUser(configuration);
  CHECK(user.shown_by == UserShownBy::kStateDirectory);
  CHECK(user.uid == 54321);
  CHECK(user.gid == 54322);
  REQUIRE(chown(directory.File("run").c_str(), 54323, 5) == 0);
  user = FindServiceUser(configuration);
  CHECK(user.shown_by == UserShownBy::kSocketDirectory);
  CHECK(user.uid == 54323);
  CHECK(user.gid == 54323);
}

}  // namespace
}  // namespace baokms::app
