// The picture of docs/performance.md, "Latency over load", from what latency_over_load wrote.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace baokms::testing {

// SVG. Throws nlohmann::json::exception when the figures are not such.
std::string LatencyPicture(const nlohmann::json& figures);

}  // namespace baokms::testing
