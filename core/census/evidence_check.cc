#include "core/census/evidence_check.h"

#include "core/text/rfc3339.h"
#include "core/wire/sha256.h"

namespace baokms::core {
namespace {

// Clocks of two nodes.
constexpr std::chrono::minutes kMostAhead{5};

std::string Hours(std::chrono::seconds span) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(span).count();
  return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

void JudgeOrigin(const UsageReport& report, const EvidenceTerms& terms,
                 std::vector<std::string>& reasons) {
  if (report.cluster_id != terms.cluster_id) {
    reasons.emplace_back("it is about another cluster (clusterId): take it on this cluster");
  }
  if (report.provider_name != terms.provider_name) {
    reasons.emplace_back(
        "it was taken for another provider name: take it with this node's configuration");
  }
  if (report.prefix != terms.prefix) {
    reasons.emplace_back(
        "it was taken below another prefix of etcd: give --prefix kube-apiserver's --etcd-prefix "
        "in both commands");
  }
}

void JudgeTime(const UsageReport& report, const EvidenceTerms& terms,
               std::vector<std::string>& reasons) {
  const std::chrono::seconds age(terms.now - report.taken_at);
  if (age > terms.max_age) {
    reasons.push_back("it is " + Hours(age) + " old: take it again, or raise --max-evidence-age");
  }
  if (-age > kMostAhead) {
    reasons.emplace_back("it was taken in the future: correct the clocks and take it again");
  }
  const UnixSeconds followed =
      terms.promoted_at + std::chrono::seconds(kApiServersHaveFollowed).count();
  if (terms.promoted_at > 0 && report.taken_at < followed) {
    reasons.push_back(
        "API servers may have written under the version before until " + Rfc3339(followed) +
        ", five minutes after this node took up its active version: rewrite every object after "
        "that time and take it again");
  }
}

void JudgeContent(const UsageReport& report, const std::vector<KeySnapshot>& removed,
                  std::vector<std::string>& reasons) {
  if (report.malformed > 0) {
    reasons.push_back(std::to_string(report.malformed) +
                      " objects are malformed, so it is unknown which version they need: find out "
                      "what wrote them");
  }
  if (report.unexpected_plaintext.value_or(0) > 0) {
    reasons.push_back(std::to_string(*report.unexpected_plaintext) +
                      " objects that should be encrypted are in plaintext, so not every object was "
                      "rewritten: rewrite them");
  }
  for (const KeySnapshot& version : removed) {
    const std::string hash = PublicHash(version.key_id.str());
    const std::string number = version.version.ToString();
    if (const std::uint64_t objects = ObjectsUnder(report, hash); objects > 0) {
      reasons.push_back(std::to_string(objects) + " objects are encrypted under version " + number +
                        ": rewrite them");
    } else if (!report.unreferenced.contains(hash)) {
      reasons.push_back("it does not say that nothing refers to version " + number +
                        ": take it on a node that records this version as retired");
    }
  }
}

}  // namespace

std::vector<std::string> RefuseOrigin(const UsageReport& report, const EvidenceTerms& terms) {
  std::vector<std::string> reasons;
  JudgeOrigin(report, terms, reasons);
  JudgeTime(report, terms, reasons);
  return reasons;
}

std::vector<std::string> RefuseEvidence(const UsageReport& report, const EvidenceTerms& terms,
                                        const std::vector<KeySnapshot>& removed) {
  std::vector<std::string> reasons = RefuseOrigin(report, terms);
  JudgeContent(report, removed, reasons);
  return reasons;
}

}  // namespace baokms::core
