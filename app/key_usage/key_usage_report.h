// What `key-usage` prints as JSON (reports-and-labels.md): the census beside the versions that the
// local state records. Pure.
#pragma once

#include "app/key_usage/key_usage_facts.h"
#include "app/reports/report.h"

namespace baokms::app {

Report ReportKeyUsage(const KeyUsageFacts& facts);

}  // namespace baokms::app
