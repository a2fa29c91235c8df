// Why a start cannot go on.
#pragma once

#include <string>
#include <string_view>

namespace baokms::app {

// error_class of a failed start that no error of a call explains (reports-and-labels.md, "Error
// classes").
inline constexpr std::string_view kConfigurationInvalid = "configuration_invalid";
inline constexpr std::string_view kStateRefused = "state_refused";  // the state files or their lock
inline constexpr std::string_view kKeyRefused = "key_refused";      // by what was read of it
inline constexpr std::string_view kSocketFailed = "socket_failed";

struct StartProblem {
  std::string_view error_class;  // a bounded word that lives on
  std::string what_to_do;        // for a person
};

}  // namespace baokms::app
