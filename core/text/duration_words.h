// How long something takes, as a person says it.
#pragma once

#include <chrono>
#include <string>

namespace baokms::core {

// The two largest units that there are: "45 s", "3 min 20 s", "9 h 31 min", "2 d 4 h", "400 d". A
// negative duration counts as 0 s.
std::string DurationWords(std::chrono::seconds duration);

}  // namespace baokms::core
