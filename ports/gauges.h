// State read at each scrape and health check (observability.md). Implemented by app/ over the
// published views; any thread, no locks held across I/O.
#pragma once

#include <cstdint>
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
  // Of the JWT or certificate of the last login.
  std::chrono::duration<double> credential_ttl{0};
  bool ready = false;
  std::vector<std::string> reasons{};  // those of /ready
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

// The body of /status (observability.md, "Health"): what a person asks of a running provider.
struct StatusReading {
  struct Pending {
    std::int64_t version = 0;
    std::string key_id_hash{};
    std::int64_t observations = 0;
    std::int64_t required_observations = 0;
    std::optional<core::UnixSeconds> earliest_promotion{};
  };
  struct Probe {
    bool ok = false;
    std::chrono::seconds age{0};  // since it ended
    std::chrono::milliseconds took{0};
    std::string reason{};       // empty is omitted
    std::string error_class{};  // empty is omitted
  };
  struct Failure {
    std::string probe{};  // "metadata" or "deep"
    std::chrono::seconds age{0};
    std::string reason{};
    std::string error_class{};  // empty is omitted
    std::string advice{};       // what a person does; a fixed text, or empty
  };

  std::optional<core::UnixSeconds> taken_at{};  // by this node's wall clock; none: unknown
  std::string program_version{};
  std::string identity_fingerprint{};  // of the configuration; empty is omitted
  HealthReading health{};
  std::int64_t key_version = 0;  // active; 0: there is none
  std::string key_id_hash{};
  std::optional<Pending> pending{};
  std::vector<std::int64_t> undecryptable{};         // retired versions, ascending
  std::optional<std::chrono::seconds> token_left{};  // none: no token is held
  std::optional<std::chrono::seconds> credential_left{};
  std::optional<Probe> metadata_probe{};
  std::optional<Probe> deep_probe{};
  std::optional<Failure> last_failure{};  // since the start, also when all is well again
};

class Gauges {
 public:
  virtual ~Gauges() = default;
  virtual GaugeReading ReadGauges() const = 0;
  virtual HealthReading ReadHealth() const = 0;
  virtual StatusReading ReadStatus() const = 0;
};

}  // namespace baokms::ports
