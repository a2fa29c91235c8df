// What a rotation's report means, in a sentence for a person. Pure.
#pragma once

#include <string>

#include "app/versions/rotation_report.h"

namespace baokms::app {

// Ends with a full stop. `report` was made of `facts`.
std::string RotationSentence(const RotationReport& report, const RotationFacts& facts);

// OpenBao's newest version is active here, and no other one waits.
bool RotationIsOver(const RotationReport& report);

}  // namespace baokms::app
