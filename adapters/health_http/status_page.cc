#include "adapters/health_http/status_page.h"

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/text/json_string.h"
#include "core/text/rfc3339.h"

namespace baokms::adapters::health_http {
namespace {

// One JSON object, field by field. What is empty is left out.
class JsonObject {
 public:
  JsonObject& Text(std::string_view name, const std::string& value) {
    return value.empty() ? *this : Raw(name, core::JsonString(value));
  }
  JsonObject& Flag(std::string_view name, bool value) {
    return Raw(name, value ? "true" : "false");
  }
  JsonObject& Number(std::string_view name, std::int64_t value) {
    return Raw(name, std::to_string(value));
  }
  JsonObject& Raw(std::string_view name, const std::string& json) {
    text_.append(text_.size() == 1 ? "\"" : ",\"").append(name).append("\":").append(json);
    return *this;
  }
  std::string Take() { return text_ + '}'; }

 private:
  std::string text_ = "{";
};

template <typename List, typename Write>
std::string Array(const List& list, Write write) {
  std::string text = "[";
  for (const auto& entry : list) text.append(text.size() == 1 ? "" : ",").append(write(entry));
  return text + ']';
}

std::string Probe(const ports::StatusReading::Probe& probe) {
  return JsonObject()
      .Flag("ok", probe.ok)
      .Number("secondsAgo", probe.age.count())
      .Number("milliseconds", probe.took.count())
      .Text("reason", probe.reason)
      .Text("errorClass", probe.error_class)
      .Take();
}

std::string Failure(const ports::StatusReading::Failure& failure) {
  return JsonObject()
      .Text("probe", failure.probe)
      .Number("secondsAgo", failure.age.count())
      .Text("reason", failure.reason)
      .Text("errorClass", failure.error_class)
      .Text("advice", failure.advice)
      .Take();
}

void AddPending(JsonObject& page, const ports::StatusReading::Pending& pending) {
  page.Number("pendingTransitVersion", pending.version)
      .Text("pendingKeyIdHash", pending.key_id_hash)
      .Number("pendingStableObservationCount", pending.observations)
      .Number("pendingRequiredObservationCount", pending.required_observations);
  if (!pending.earliest_promotion) return;
  page.Text("pendingPromotesAfter", core::Rfc3339(*pending.earliest_promotion));
}

}  // namespace

std::string StatusPage(const ports::StatusReading& status) {
  const ports::HealthReading& health = status.health;
  JsonObject page;
  page.Text("name", "status");
  if (status.taken_at) page.Text("takenAt", core::Rfc3339(*status.taken_at));
  page.Text("programVersion", status.program_version)
      .Text("identityFingerprint", status.identity_fingerprint)
      .Flag("live", health.live)
      .Flag("ready", health.ready)
      .Raw("reasons",
           Array(health.reasons, [](const std::string& word) { return core::JsonString(word); }))
      .Text("rotationState", health.rotation_state);
  if (status.key_version != 0) page.Number("activeTransitVersion", status.key_version);
  page.Text("activeKeyIdHash", status.key_id_hash);
  if (status.pending) AddPending(page, *status.pending);
  if (!status.undecryptable.empty()) {
    page.Raw("undecryptableVersions", Array(status.undecryptable, [](std::int64_t version) {
               return std::to_string(version);
             }));
  }
  if (health.persistence_degraded) page.Flag("persistenceDegraded", true);
  if (status.token_left) page.Number("tokenSecondsLeft", status.token_left->count());
  if (status.credential_left) page.Number("credentialSecondsLeft", status.credential_left->count());
  if (status.metadata_probe) page.Raw("metadataProbe", Probe(*status.metadata_probe));
  if (status.deep_probe) page.Raw("deepProbe", Probe(*status.deep_probe));
  if (status.last_failure) page.Raw("lastFailure", Failure(*status.last_failure));
  return page.Take() + '\n';
}

}  // namespace baokms::adapters::health_http
