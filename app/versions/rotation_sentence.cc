#include "app/versions/rotation_sentence.h"

#include <string_view>

#include "core/text/duration_words.h"

namespace baokms::app {
namespace {

std::string Version(const Report& report, const std::string& field) {
  return "version " + report.at(field).dump();
}

std::string OfPending(const Report& report, const RotationFacts& facts) {
  std::string text = "Version " + report.at("pendingTransitVersion").dump() + " is pending: " +
                     report.value("pendingStableObservationCount", Report(0)).dump() + " of " +
                     std::to_string(facts.policy.required_observations) + " observations; ";
  if (report.contains("pendingPromotesAfter")) {
    return text + "it becomes active at " + report.at("pendingPromotesAfter").get<std::string>() +
           " at the earliest";
  }
  const auto delay = std::chrono::ceil<std::chrono::seconds>(facts.activation_delay);
  return text + "it becomes active " + core::DurationWords(delay) +
         " after the last of them at the earliest";
}

// Of a report without a problem and with a state.
std::string OfState(const Report& report, const RotationFacts& facts) {
  const std::string active = Version(report, "activeTransitVersion");
  if (report.contains("pendingTransitVersion")) {
    return OfPending(report, facts) + "; until then " + active + " encrypts.";
  }
  if (report.value("latestTransitVersion", 0) > report.value("activeTransitVersion", 0)) {
    return "OpenBao has " + Version(report, "latestTransitVersion") +
           ", which this node has not seen yet: a running provider sees it within "
           "status.probeInterval; until then " +
           active + " encrypts.";
  }
  return "No rotation is under way: " + active + " encrypts, and OpenBao has none newer.";
}

}  // namespace

std::string RotationSentence(const RotationReport& report, const RotationFacts& facts) {
  const Report& fields = report.report;
  if (fields.at("transitMetadataStatus") == "fail") {
    return "OpenBao's metadata could not be read or is refused, so this shows this node's state "
           "alone.";
  }
  if (!fields.at("stateLoaded").get<bool>()) {
    return fields.contains("stateBootstrapEligible")
               ? "This node has no state yet; serve creates it at its first start."
               : "This node has no state, and serve cannot create one for a key that was rotated.";
  }
  std::string sentence = OfState(fields, facts);
  if (fields.contains("degraded")) {
    sentence += " Objects under some retired versions cannot be read (undecryptableVersions).";
  }
  return sentence;
}

bool RotationIsOver(const RotationReport& report) {
  const Report& fields = report.report;
  return report.problem.empty() && fields.at("rotationState") == "active" &&
         fields.contains("latestTransitVersion") &&
         fields.at("latestTransitVersion") <= fields.at("activeTransitVersion");
}

}  // namespace baokms::app
