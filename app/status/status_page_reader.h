// The page /status of a provider, checked before it is believed: any program may listen there.
#pragma once

#include <optional>
#include <string_view>

#include "app/reports/report.h"

namespace baokms::app {

// The fields that reports-and-labels.md, "status", has, in its order, without `source`; others are
// left out. nullopt: this is not the page of a provider.
std::optional<Report> ReadStatusPage(std::string_view body);

}  // namespace baokms::app
