// State read at each scrape and health check (observability.md). Implemented by app/ over the
// published views; any thread, no locks held across I/O.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/time.h"

namespace baokms::ports {

enum class RotationLabel { kActive, kPending, kUnknown };

struct GaugeReading {
  std::chrono::duration<double> token_ttl{0};
  std::chrono::duration<double> certificate_ttl{0};
  std::string status_key_id_hash{};  // empty without an active key
  std::int64_t key_version = 0;
  std::chrono::duration<double> status_cache_age{0};
  RotationLabel rotation = RotationLabel::kUnknown;
  bool breaker_open = false;
  bool persistence_degraded = false;
  std::int64_t newest_undecryptable = 0;  // the retired version; 0: none
  bool state_files_intact = true;         // they hold what is served
};

// The body of /ready (observability.md, "Health").
struct HealthReading {
  bool live = false;
  bool ready = false;
  std::string healthz{};  // "ok" or "unhealthy"; empty is omitted
  std::int64_t cache_age_ms = 0;
  bool stale = false;
  std::string rotation_state{};        // empty is omitted
  std::vector<std::string> reasons{};  // what degrades also when ready
  std::string metadata_error_class{};  // empty is omitted
  std::string deep_error_class{};      // empty is omitted
  bool persistence_degraded = false;
};

class Gauges {
 public:
  virtual ~Gauges() = default;
  virtual GaugeReading ReadGauges() const = 0;
  virtual HealthReading ReadHealth() const = 0;
};

}  // namespace baokms::ports
