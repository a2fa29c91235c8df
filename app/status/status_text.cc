#include "app/status/status_text.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#include "core/text/duration_words.h"
#include "core/text/number_ranges.h"
#include "core/text/printable.h"

namespace baokms::app {
namespace {

std::string Text(const Report& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end()) return {};
  if (!found->is_string()) return found->dump();
  return core::Printable(found->get<std::string>(), core::Kept::kAscii);
}

std::string Joined(const Report& words) {
  std::string text;
  for (const Report& word : words) {
    text.append(text.empty() ? "" : ", ")
        .append(core::Printable(word.get<std::string>(), core::Kept::kAscii));
  }
  return text;
}

std::string Seconds(const Report& object, const char* field) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40U;
  return core::DurationWords(
      std::chrono::seconds(std::min(kMost, object.at(field).get<std::int64_t>())));
}

// "reason, errorClass" of a probe or a failure.
std::string WhatFailed(const Report& ended) {
  std::string text = Text(ended, "reason");
  if (ended.contains("errorClass")) text.append(", ").append(Text(ended, "errorClass"));
  return text;
}

void Line(std::string& text, std::string_view what, const std::string& words) {
  text.append(what).append(": ").append(words).append("\n");
}

std::string Version(const Report& report, const char* version, const char* hash) {
  std::string text;
  if (report.contains(version)) text = "version " + Text(report, version);
  if (report.contains(hash)) {
    text.append(text.empty() ? "hash " : ", hash ").append(Text(report, hash));
  }
  return text;
}

std::string Observations(const Report& report) {
  return Text(report, "pendingStableObservationCount") + " of " +
         Text(report, "pendingRequiredObservationCount") + " observations";
}

// Of "2026-11-29T17:24:38Z"; nothing for any other text.
std::optional<core::UnixSeconds> ParseRfc3339(const std::string& text) {
  std::istringstream in(text);
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  char c[6] = {};
  in >> year >> c[0] >> month >> c[1] >> day >> c[2] >> hour >> c[3] >> minute >> c[4] >> second >>
      c[5];
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!in || c[5] != 'Z' || !date.ok()) return std::nullopt;
  const std::chrono::sys_seconds at = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                                      std::chrono::minutes(minute) + std::chrono::seconds(second);
  return at.time_since_epoch().count();
}

void AddPending(std::string& text, const Report& report, core::UnixSeconds now) {
  if (!report.contains("pendingTransitVersion")) return;
  std::string words =
      Version(report, "pendingTransitVersion", "pendingKeyIdHash") + ", " + Observations(report);
  if (const std::string earliest = Text(report, "pendingPromotesAfter"); !earliest.empty()) {
    words += ", active at " + earliest + " at the earliest";
    if (const auto at = ParseRfc3339(earliest)) {
      words += *at > now ? " (in " + core::DurationWords(std::chrono::seconds(*at - now)) + ")"
                         : " (now)";
    }
  }
  Line(text, "pending", words);
}

void AddProbe(std::string& text, const Report& report, const char* field, std::string_view what) {
  if (!report.contains(field)) return;
  const Report& probe = report.at(field);
  const bool ok = probe.at("ok").get<bool>();
  std::string words = std::string(ok ? "good " : "failed ") + Seconds(probe, "secondsAgo") +
                      " ago, took " + Text(probe, "milliseconds") + " ms";
  if (!ok) words += ": " + WhatFailed(probe);
  Line(text, what, words);
}

void AddFailure(std::string& text, const Report& report) {
  if (!report.contains("lastFailure")) return;
  const Report& failure = report.at("lastFailure");
  std::string words = Seconds(failure, "secondsAgo") + " ago, " + Text(failure, "probe") +
                      " probe: " + WhatFailed(failure);
  if (const std::string advice = Text(failure, "advice"); !advice.empty()) words += ": " + advice;
  Line(text, "last failure", words);
}

void AddDegraded(std::string& text, const Report& report) {
  if (report.value("persistenceDegraded", false)) {
    Line(text, "state", "a save that only records an observation is delayed");
  }
  if (!report.contains("undecryptableVersions")) return;
  const auto versions = report.at("undecryptableVersions").get<std::vector<std::int64_t>>();
  Line(text, "cannot be read", "objects under retired versions " + core::NumberRanges(versions));
}

std::string ReadyWords(const Report& report) {
  if (report.at("ready").get<bool>()) {
    const std::string reasons = Joined(report.at("reasons"));
    return reasons.empty() ? "yes" : "yes, but " + reasons;
  }
  if (report.at("source") == "none") return "no: no provider answers";
  const std::string reasons = Joined(report.at("reasons"));
  return reasons.empty() ? "no" : "no: " + reasons;
}

}  // namespace

std::string DescribeStatus(const Report& report, core::UnixSeconds now) {
  std::string text;
  Line(text, "ready", ReadyWords(report));
  if (const std::string active = Version(report, "activeTransitVersion", "activeKeyIdHash");
      !active.empty()) {
    Line(text, "active", active);
  }
  AddPending(text, report, now);
  if (report.contains("tokenSecondsLeft")) {
    Line(text, "token", Seconds(report, "tokenSecondsLeft") + " left");
  } else if (report.at("source") == "health") {
    Line(text, "token", "none");
  }
  if (report.contains("credentialSecondsLeft")) {
    Line(text, "credential of the last login",
         report.at("credentialSecondsLeft") == 0
             ? "expired"
             : Seconds(report, "credentialSecondsLeft") + " left");
  }
  AddProbe(text, report, "metadataProbe", "metadata probe");
  AddProbe(text, report, "deepProbe", "deep probe");
  AddFailure(text, report);
  AddDegraded(text, report);
  if (report.contains("programVersion")) Line(text, "program", Text(report, "programVersion"));
  if (report.contains("limitations")) Line(text, "not known", Joined(report.at("limitations")));
  return text;
}

std::string StatusHeadline(const Report& report) {
  std::string text = report.at("ready").get<bool>() ? "ready" : "not ready";
  if (report.at("source") == "none") text += ": no provider answers";
  if (const std::string reasons = Joined(report.at("reasons")); !reasons.empty()) {
    text += " (" + reasons + ")";
  }
  if (report.contains("activeTransitVersion")) {
    text += ", version " + Text(report, "activeTransitVersion");
  }
  if (report.contains("pendingTransitVersion")) {
    text += "; version " + Text(report, "pendingTransitVersion") +
            " is pending: " + Observations(report);
  }
  return text;
}

std::string WhyNotReady(const Report& report) {
  if (report.at("ready").get<bool>()) return {};
  if (report.at("source") == "none") {
    return "no provider answers: start it, and check its log";
  }
  const std::string reasons = Joined(report.at("reasons"));
  const std::string why = "not ready" + (reasons.empty() ? "" : ": " + reasons);
  if (!report.contains("lastFailure")) return why + ": run doctor on this node";
  const Report& failure = report.at("lastFailure");
  const Report& current_reasons = report.at("reasons");
  const bool current = std::find(current_reasons.begin(), current_reasons.end(),
                                 failure.at("reason")) != current_reasons.end();
  const std::string advice = Text(failure, "advice");
  return why + ": " + (current && !advice.empty() ? advice : "run doctor on this node");
}

}  // namespace baokms::app
