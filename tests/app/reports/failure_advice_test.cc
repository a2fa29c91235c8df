#include "app/reports/failure_advice.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <set>
#include <string>

#include "app/process/environment.h"
#include "core/model/proxy_failure.h"

namespace baokms::app {

TEST_CASE("Failure advice: each cause of a TLS failure has its own") {
  std::set<std::string> advice;
  for (const core::TlsFailure why : core::kTlsFailures) {
    advice.insert(AdviceFor(core::TlsFailed(why)));
  }
  CHECK(advice.size() == core::kTlsFailures.size());
  CHECK_FALSE(advice.contains(""));
}

TEST_CASE("Failure advice: a redirect says whether a standby or something in front answered") {
  CHECK(AdviceFor(core::StandbyRedirect()).contains("openbao.failoverAddresses"));
  for (const core::Error& error : {core::ForeignRedirect(), core::ForeignReply()}) {
    CHECK(AdviceFor(error).contains("something in front of OpenBao answered"));
  }
  // A 5xx of OpenBao's own is not that.
  CHECK_FALSE(AdviceFor(core::OpenBaoFailure(core::OpenBaoStatus::kUnavailable))
                  .contains("in front of OpenBao"));
}

TEST_CASE("Failure advice: a proxy that is set and not used is named where nothing answers") {
  const core::Error away = core::OpenBaoFailure(core::OpenBaoStatus::kConnectionFailed);
  CHECK_FALSE(AdviceFor(away).contains("not used"));
  REQUIRE(setenv("HTTPS_PROXY", "http://proxy.invalid", 1) == 0);
  ScrubEnvironment();
  CHECK(AdviceFor(away).contains("HTTPS_PROXY is set and not used"));
  CHECK(AdviceFor(core::OpenBaoFailure(core::OpenBaoStatus::kDnsFailed)).contains("not used"));
  CHECK_FALSE(AdviceFor(core::OpenBaoFailure(core::OpenBaoStatus::kSealed)).contains("not used"));
  ScrubEnvironment();
}

TEST_CASE("Failure advice: a token endpoint's proxy is named where one is set and not used") {
  const core::Error away = core::OpenBaoFailure(core::OpenBaoStatus::kConnectionFailed);
  const auto advice = [](const core::Error& error, core::LoginStatus status) {
    return AdviceFor(core::LoginFailure{.error = error, .status = status, .advice = "do this"});
  };
  CHECK(advice(away, core::LoginStatus::kOauth2Request) == "do this");
  REQUIRE(setenv("HTTPS_PROXY", "http://proxy.invalid", 1) == 0);
  ScrubEnvironment();
  CHECK(advice(away, core::LoginStatus::kOauth2Request).contains("auth.jwt.oauth2.proxyUrl"));
  // The login itself goes to OpenBao.
  CHECK(advice(away, core::LoginStatus::kError).ends_with("without a proxy"));
  CHECK(advice(core::ProxyFailed(core::ProxyFailure::kUnreachable),
               core::LoginStatus::kOauth2Proxy) == "do this");
  CHECK(AdviceFor(core::LoginFailure{.error = away, .advice = {}}) == AdviceFor(away));
  ScrubEnvironment();
}

}  // namespace baokms::app
