// The body of /status (observability.md, "Health").
#pragma once

#include <string>

#include "ports/gauges.h"

namespace baokms::adapters::health_http {

// One JSON object and a newline.
std::string StatusPage(const ports::StatusReading& status);

}  // namespace baokms::adapters::health_http
