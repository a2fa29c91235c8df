// The rules of configuration-and-cli.md over a draft: every problem in one pass, no I/O.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/config_yaml/decode.h"

namespace baokms::adapters::config_yaml {

enum class SourceState : std::uint8_t {
  kAvailable,
  kNotBuilt,  // needs its build option
};

// The login sources of this executable, compiled in or not; file and oauth2 are always there.
struct AvailableSources {
  SourceState jwt_spiffe = SourceState::kNotBuilt;   // BAOKMS_WITH_SPIFFE
  SourceState cert_pkcs11 = SourceState::kNotBuilt;  // BAOKMS_WITH_PKCS11
  SourceState cert_spiffe = SourceState::kNotBuilt;  // BAOKMS_WITH_SPIFFE
};

struct ValidationOptions {
  AvailableSources sources;
  // --allow-socket-parent: further directories that the socket may stand in or below.
  std::vector<std::string> allowed_socket_parents;
};

// Adds to draft.problems. Call after ApplyOverrides and SettleDependentDefaults.
void Validate(const ValidationOptions& options, Draft& draft);

// Parts of Validate.
void ValidateFields(const ValidationOptions& options, Draft& draft);     // each value by its row
void ValidateRelations(const ValidationOptions& options, Draft& draft);  // between values

}  // namespace baokms::adapters::config_yaml
