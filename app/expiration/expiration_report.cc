#include "app/expiration/expiration_report.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/text/duration_words.h"
#include "core/text/rfc3339.h"

namespace baokms::app {
namespace {

std::string_view Word(ExpirationStatus status) {
  switch (status) {
    case ExpirationStatus::kPass:
      return "pass";
    case ExpirationStatus::kFail:
      return "fail";
    case ExpirationStatus::kSkip:
      return "skip";
  }
  return "skip";
}

// What is not known comes last.
std::vector<Expiration> SoonestFirst(std::vector<Expiration> expirations) {
  std::ranges::stable_sort(expirations, {}, [](const Expiration& expiration) {
    return expiration.expires_at.value_or(std::numeric_limits<core::UnixSeconds>::max());
  });
  return expirations;
}

std::string Left(const Expiration& expiration, core::UnixSeconds now) {
  if (!expiration.expires_at) return "-";
  const std::chrono::seconds left(*expiration.expires_at - now);
  if (left.count() > 0) return core::DurationWords(left);
  return "expired " + core::DurationWords(-left) + " ago";
}

std::string What(const Expiration& expiration) {
  std::string what(expiration.title);
  if (!expiration.field.empty()) what.append(" (").append(expiration.field).append(")");
  return what;
}

using Row = std::array<std::string, 5>;

std::string Line(const Row& row, const std::array<std::size_t, 5>& widths) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

}  // namespace

ExpirationStatus Judge(const Expiration& expiration, core::UnixSeconds now) {
  if (!expiration.expires_at) {
    return expiration.asked_in_vain ? ExpirationStatus::kFail : ExpirationStatus::kSkip;
  }
  return *expiration.expires_at - now <= expiration.threshold.count() ? ExpirationStatus::kFail
                                                                      : ExpirationStatus::kPass;
}

Report ReportExpirations(const std::vector<Expiration>& expirations, core::UnixSeconds now) {
  Report report = {{"name", "check-expiration"}, {"expirations", Report::array()}};
  for (const Expiration& expiration : expirations) {
    Report entry = {{"id", expiration.id}, {"title", expiration.title}};
    if (!expiration.field.empty()) entry["field"] = expiration.field;
    entry["status"] = Word(Judge(expiration, now));
    if (expiration.expires_at) {
      entry["expiresAt"] = core::Rfc3339(*expiration.expires_at);
      entry["secondsLeft"] = std::max<std::int64_t>(0, *expiration.expires_at - now);
    }
    entry["thresholdSeconds"] = expiration.threshold.count();
    if (!expiration.message.empty()) entry["message"] = expiration.message;
    report["expirations"].push_back(std::move(entry));
  }
  return report;
}

std::string DescribeExpirations(const std::vector<Expiration>& expirations, core::UnixSeconds now) {
  const std::vector<Expiration> sorted = SoonestFirst(expirations);
  std::vector<Row> rows{{"status", "what", "expires", "left", "threshold"}};
  for (const Expiration& expiration : sorted) {
    rows.push_back({std::string(Word(Judge(expiration, now))), What(expiration),
                    expiration.expires_at ? core::Rfc3339(*expiration.expires_at) : "-",
                    Left(expiration, now), core::DurationWords(expiration.threshold)});
  }
  std::array<std::size_t, 5> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text = Line(rows.front(), widths);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    text += Line(rows[i + 1], widths);
    if (!sorted[i].message.empty()) text += "    " + sorted[i].message + '\n';
  }
  return text;
}

std::string ExpirationProblem(const std::vector<Expiration>& expirations, core::UnixSeconds now) {
  for (const Expiration& expiration : SoonestFirst(expirations)) {
    if (Judge(expiration, now) != ExpirationStatus::kFail) continue;
    if (!expiration.expires_at) return What(expiration) + ": " + expiration.message;
    const bool over = *expiration.expires_at <= now;
    return What(expiration) + ": " + Left(expiration, now) +
           (over ? "" : " left, the threshold is " + core::DurationWords(expiration.threshold));
  }
  return {};
}

}  // namespace baokms::app
