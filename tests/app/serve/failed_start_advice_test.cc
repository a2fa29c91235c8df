#include "app/serve/failed_start_advice.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace baokms::app {

TEST_CASE("Failed start: a login's own advice comes before the general one") {
  const ProbeReport report{.reason = core::Reason::kMetadataReadFailed,
                           .error = core::LoginRefused()};
  CHECK(FailedStartAdvice(report, "auth.jwt.jwtFile: expired") == "auth.jwt.jwtFile: expired");
  CHECK(FailedStartAdvice(report, "").find("auth.") != std::string::npos);
}

TEST_CASE("Failed start: a login that OpenBao did not find is no missing Transit key") {
  const ProbeReport report{.reason = core::Reason::kMetadataReadFailed,
                           .error = core::OpenBaoFailure(core::OpenBaoStatus::kNotFound)};
  CHECK(FailedStartAdvice(report, "check openbao.namespace") == "check openbao.namespace");
  CHECK(FailedStartAdvice(report, "").find("transit.keyName") != std::string::npos);
}

TEST_CASE("Failed start: a refused profile names the setting that is wrong") {
  const std::string text = FailedStartAdvice({.reason = core::Reason::kProfileInvalid,
                                              .error = std::nullopt,
                                              .refusal = "exportable, derived"},
                                             "");
  CHECK(text.ends_with("(found: exportable, derived)"));
}

TEST_CASE("Failed start: a refused bootstrap names the version and the way out") {
  const std::string text = FailedStartAdvice({.reason = core::Reason::kStateUnavailable,
                                              .error = std::nullopt,
                                              .refusal = "latest_version=2"},
                                             "");
  CHECK(text.find("latest_version=2") != std::string::npos);
  CHECK(text.find("state.path") != std::string::npos);
  for (const char* way : {"another node", "a backup of any node", "recover-state --adopt"}) {
    CHECK_MESSAGE(text.find(way) != std::string::npos, way);
  }
}

TEST_CASE("Failed start: no retry mends a rotated key without a state and every other may") {
  const auto hopeless = [](core::Reason reason, std::string refusal) {
    return IsHopeless({.reason = reason, .error = std::nullopt, .refusal = std::move(refusal)});
  };
  CHECK(hopeless(core::Reason::kStateUnavailable, "latest_version=2"));
  // Files that another hand changed, and settings of the key that an operator is changing.
  CHECK_FALSE(hopeless(core::Reason::kStateUnavailable, ""));
  CHECK_FALSE(hopeless(core::Reason::kProfileInvalid, "deletion_allowed"));
  CHECK_FALSE(hopeless(core::Reason::kMetadataReadFailed, ""));
  CHECK_FALSE(IsHopeless({}));
}

TEST_CASE("Failed start: with a state and a token what OpenBao decided or shows keeps nobody out") {
  const auto serves = [](const ProbeReport& last) {
    CHECK_FALSE(ServesUnhealthy(last, /*recovered=*/false, /*has_token=*/true));
    CHECK_FALSE(ServesUnhealthy(last, /*recovered=*/true, /*has_token=*/false));
    return ServesUnhealthy(last, /*recovered=*/true, /*has_token=*/true);
  };
  for (const core::Reason finding :
       {core::Reason::kUpsertAllowed, core::Reason::kProfileInvalid, core::Reason::kVersionRollback,
        core::Reason::kMetadataUnverified, core::Reason::kStateSaveFailed,
        core::Reason::kEncryptionBlocked, core::Reason::kDeepProbeInvalid}) {
    CHECK(serves({.reason = finding, .error = std::nullopt}));
  }
  const auto failed = [](const core::Error& error) {
    return ProbeReport{.reason = core::Reason::kMetadataReadFailed, .error = error};
  };
  CHECK(serves(failed(core::OpenBaoFailure(core::OpenBaoStatus::kPermissionDenied))));
  CHECK(serves(failed(core::OpenBaoFailure(core::OpenBaoStatus::kNotFound))));
  for (const core::Error& away :
       {core::OpenBaoFailure(core::OpenBaoStatus::kConnectionFailed),
        core::OpenBaoFailure(core::OpenBaoStatus::kSealed), core::DeadlineExceeded(),
        core::ForeignReply(), core::LoginRefused(), core::NoToken()}) {
    CHECK_FALSE(serves(failed(away)));
  }
  CHECK_FALSE(serves({}));
}

TEST_CASE("Failed start: each condition that an operator can fix has words of its own") {
  std::set<std::string> texts;
  for (const core::Error& error :
       {core::OpenBaoFailure(core::OpenBaoStatus::kTlsFailed),
        core::OpenBaoFailure(core::OpenBaoStatus::kDnsFailed),
        core::OpenBaoFailure(core::OpenBaoStatus::kConnectionFailed),
        core::OpenBaoFailure(core::OpenBaoStatus::kSealed),
        core::OpenBaoFailure(core::OpenBaoStatus::kRateLimited),
        core::OpenBaoFailure(core::OpenBaoStatus::kPermissionDenied),
        core::OpenBaoFailure(core::OpenBaoStatus::kNotFound), core::DeadlineExceeded(),
        core::LoginRefused(), core::StandbyRedirect(), core::ForeignReply()}) {
    texts.insert(FailedStartAdvice({.reason = std::nullopt, .error = error}, ""));
  }
  for (const core::Reason reason :
       {core::Reason::kUpsertAllowed, core::Reason::kProfileInvalid, core::Reason::kVersionRollback,
        core::Reason::kMetadataUnverified, core::Reason::kStateSaveFailed,
        core::Reason::kEncryptionBlocked, core::Reason::kDeepProbeInvalid}) {
    texts.insert(FailedStartAdvice({.reason = reason, .error = std::nullopt}, ""));
  }
  CHECK(texts.size() == 18);
  CHECK_FALSE(texts.contains(FailedStartAdvice({}, "")));
}

}  // namespace baokms::app
