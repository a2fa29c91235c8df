// What `status` says to a person (reports-and-labels.md, "status").
#include "app/status/status_text.h"

#include <doctest/doctest.h>

namespace baokms::app {
namespace {

constexpr core::UnixSeconds kStatusNow = 1'700'000'000;  // 2023-11-14T22:13:20Z

Report Healthy() {
  return {{"name", "status"},
          {"source", "health"},
          {"programVersion", "v0.1.0"},
          {"live", true},
          {"ready", true},
          {"reasons", Report::array()},
          {"rotationState", "active"},
          {"activeTransitVersion", 1},
          {"activeKeyIdHash", "hash1"},
          {"tokenSecondsLeft", 1700},
          {"credentialSecondsLeft", 34317},
          {"metadataProbe", {{"ok", true}, {"secondsAgo", 12}, {"milliseconds", 3}}},
          {"deepProbe", {{"ok", true}, {"secondsAgo", 200}, {"milliseconds", 4}}}};
}

Report Sealed() {
  Report report = Healthy();
  report["ready"] = false;
  report["reasons"] = {"metadata_read_failed", "status_stale"};
  report["lastFailure"] = {{"probe", "metadata"},
                           {"secondsAgo", 7},
                           {"reason", "metadata_read_failed"},
                           {"errorClass", "openbao_sealed"},
                           {"advice", "OpenBao is sealed: unseal it"}};
  report["metadataProbe"] = {{"ok", false},
                             {"secondsAgo", 7},
                             {"milliseconds", 2},
                             {"reason", "metadata_read_failed"},
                             {"errorClass", "openbao_sealed"}};
  return report;
}

}  // namespace

TEST_CASE("Status text: a healthy provider in a few lines") {
  CHECK(DescribeStatus(Healthy(), kStatusNow) ==
        "ready: yes\n"
        "active: version 1, hash hash1\n"
        "token: 28 min 20 s left\n"
        "credential of the last login: 9 h 31 min left\n"
        "metadata probe: good 12 s ago, took 3 ms\n"
        "deep probe: good 3 min 20 s ago, took 4 ms\n"
        "program: v0.1.0\n");
  CHECK(StatusHeadline(Healthy()) == "ready, version 1");
  CHECK(WhyNotReady(Healthy()).empty());
}

TEST_CASE("Status text: a pending version says how many observations and when at the earliest") {
  Report report = Healthy();
  report["pendingTransitVersion"] = 2;
  report["pendingKeyIdHash"] = "hash2";
  report["pendingStableObservationCount"] = 1;
  report["pendingRequiredObservationCount"] = 3;
  report["pendingPromotesAfter"] = "2023-11-14T22:15:30Z";
  const std::string text = DescribeStatus(report, kStatusNow);
  CHECK(
      text.contains("\npending: version 2, hash hash2, 1 of 3 observations, active at "
                    "2023-11-14T22:15:30Z at the earliest (in 2 min 10 s)\n"));
  CHECK(DescribeStatus(report, kStatusNow + 130).contains("at the earliest (now)\n"));
  CHECK(StatusHeadline(report) == "ready, version 1; version 2 is pending: 1 of 3 observations");
}

TEST_CASE("Status text: what failed last is told with what to do") {
  const std::string text = DescribeStatus(Sealed(), kStatusNow);
  CHECK(text.starts_with("ready: no: metadata_read_failed, status_stale\n"));
  CHECK(text.contains(
      "\nmetadata probe: failed 7 s ago, took 2 ms: metadata_read_failed, openbao_sealed\n"));
  CHECK(
      text.contains("\nlast failure: 7 s ago, metadata probe: metadata_read_failed, "
                    "openbao_sealed: OpenBao is sealed: unseal it\n"));
  CHECK(WhyNotReady(Sealed()) ==
        "not ready: metadata_read_failed, status_stale: OpenBao is sealed: unseal it");
  CHECK(StatusHeadline(Sealed()) == "not ready (metadata_read_failed, status_stale), version 1");
}

TEST_CASE("Status text: the advice of a failure that is over is not what to do now") {
  Report report = Sealed();
  report["reasons"] = {"draining"};
  CHECK(WhyNotReady(report) == "not ready: draining: run doctor on this node");
  report.erase("lastFailure");
  CHECK(WhyNotReady(report) == "not ready: draining: run doctor on this node");
}

TEST_CASE("Status text: what degrades a ready provider is told") {
  Report report = Healthy();
  report["reasons"] = {"retired_version_undecryptable"};
  report["undecryptableVersions"] = {1, 2, 4};
  report["persistenceDegraded"] = true;
  report["credentialSecondsLeft"] = 0;
  report.erase("tokenSecondsLeft");
  const std::string text = DescribeStatus(report, kStatusNow);
  CHECK(text.starts_with("ready: yes, but retired_version_undecryptable\n"));
  CHECK(text.contains("\ncannot be read: objects under retired versions 1-2, 4\n"));
  CHECK(text.contains("\nstate: a save that only records an observation is delayed\n"));
  CHECK(text.contains("\ncredential of the last login: expired\n"));
  CHECK(text.contains("\ntoken: none\n"));
  CHECK(WhyNotReady(report).empty());
}

TEST_CASE("Status text: from the socket it says what is not known") {
  const Report report = {{"name", "status"},
                         {"source", "socket"},
                         {"live", true},
                         {"ready", true},
                         {"reasons", Report::array()},
                         {"activeKeyIdHash", "hash1"},
                         {"limitations", {"the rest"}}};
  CHECK(DescribeStatus(report, kStatusNow) ==
        "ready: yes\nactive: hash hash1\nnot known: the rest\n");
}

TEST_CASE("Status text: nobody answers") {
  const Report report = {
      {"name", "status"}, {"source", "none"},           {"live", false},
      {"ready", false},   {"reasons", Report::array()}, {"limitations", {"why"}}};
  CHECK(DescribeStatus(report, kStatusNow) == "ready: no: no provider answers\nnot known: why\n");
  CHECK(StatusHeadline(report) == "not ready: no provider answers");
  CHECK(WhyNotReady(report) == "no provider answers: start it, and check its log");
}

TEST_CASE("Status text: whoever listens there cannot move the cursor") {
  Report report = Sealed();
  report["programVersion"] = "\x1b[2Jv1";
  report["lastFailure"]["advice"] = "a\x1b]0;x\x07";
  report["reasons"] = {"\x1b[31m"};
  CHECK_FALSE(DescribeStatus(report, kStatusNow).contains('\x1b'));
  CHECK_FALSE(StatusHeadline(report).contains('\x1b'));
  CHECK_FALSE(WhyNotReady(report).contains('\x1b'));
}

}  // namespace baokms::app
