// Telemetry as a list of lines, in the order in which things were told.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "core/text/number_ranges.h"
#include "ports/null_telemetry.h"

namespace baokms::app::testing {

class RecordingTelemetry final : public ports::NullTelemetry {
 public:
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  bool Told(const std::string& line) const { return std::ranges::count(lines(), line) > 0; }
  void Clear() {
    const std::lock_guard lock(mutex_);
    lines_.clear();
  }

  void LoginFinished(core::LoginStatus status, const core::Error* error, core::Duration) override {
    Add("login " + Words(status, error));
  }
  void RenewalFinished(core::LoginStatus status, const core::Error* error,
                       core::Duration) override {
    Add("renewal " + Words(status, error));
  }
  void ProbeFinished(const ports::ProbeEvent& event) override {
    Add(std::string(event.kind == ports::ProbeKind::kMetadata ? "metadata" : "deep") + " probe " +
        (event.ok ? "ok" : std::string(event.reason)) +
        (event.healthy ? " healthy" : " unhealthy") + " version " +
        std::to_string(event.transit_key_version) +
        (event.error_class ? " " + std::string(core::Name(*event.error_class)) : ""));
  }
  void MetadataObserved(std::string_view status) override {
    Add("observed " + std::string(status));
  }
  void KeyPromoted(const ports::PromotionEvent& event) override {
    Add("promoted " + std::to_string(event.previous_transit_key_version) + " " +
        std::string(event.previous_key_id_hash) + " to " +
        std::to_string(event.transit_key_version) + " " + std::string(event.key_id_hash));
  }
  void RotationPending(std::string_view key_id_hash, std::int64_t version) override {
    Add("pending " + std::to_string(version) + " " + std::string(key_id_hash));
  }
  void RetiredUndecryptable(std::span<const std::int64_t> versions) override {
    Add("undecryptable " + core::NumberRanges(versions));
  }
  void ClockRegressed() override { Add("clock regressed"); }

 private:
  static std::string Words(core::LoginStatus status, const core::Error* error) {
    return std::string(core::Name(status)) +
           (error != nullptr ? " " + std::string(core::Name(error->error_class())) : "");
  }
  void Add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }

  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace baokms::app::testing
