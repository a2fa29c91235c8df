#include "app/key_usage/migration_progress.h"

#include "app/key_usage/key_usage_text.h"
#include "core/text/rfc3339.h"

namespace baokms::app {
namespace {

std::string Span(std::uint64_t seconds) {
  if (seconds < 120) return std::to_string(seconds) + " s";
  const std::uint64_t minutes = (seconds + 59) / 60;
  if (minutes < 120) return std::to_string(minutes) + " min";
  return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

}  // namespace

std::optional<std::uint64_t> LeftToRewrite(const UsageFindings& findings) {
  if (!findings.old_version) return std::nullopt;
  return *findings.old_version + findings.other_provider +
         findings.Objects(Finding::kPlaintext).value_or(0);
}

std::string MigrationProgress::Tell(core::UnixSeconds at, const UsageFindings& findings) {
  std::string line = core::Rfc3339(at) + "  ";
  const auto counted = LeftToRewrite(findings);
  if (!counted) {
    return line + "not known how many objects are left to rewrite: the local state cannot be read";
  }
  const std::uint64_t left = *counted;
  line += WithThousands(left) + " objects left to rewrite";
  if (left == 0) return line;
  // A rewrite that begins anew, or writes under an old key_id, makes more of them.
  if (!first_ || left > first_->left) first_ = Point{.at = at, .left = left};
  const std::uint64_t done = first_->left - left;
  if (done == 0 || at <= first_->at) return line;
  const auto taken = static_cast<std::uint64_t>(at - first_->at);
  return line + ", about " + Span((left * taken + done - 1) / done) + " at " +
         WithThousands(done / taken) + " a second";
}

}  // namespace baokms::app
