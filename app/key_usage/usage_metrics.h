// The counts of `key-usage` for the text file collector of Prometheus' node exporter
// (reports-and-labels.md, "key-usage").
#pragma once

#include <string>

#include "app/key_usage/key_usage_facts.h"

namespace baokms::app {

// In Prometheus' text format. What the census cannot tell has no line.
std::string RenderUsageMetrics(const KeyUsageFacts& facts);

// Replaces `path` at once, so that a collector reads the old text or the new one; readable by all.
bool WriteTextfile(const std::string& path, const std::string& text);

}  // namespace baokms::app
