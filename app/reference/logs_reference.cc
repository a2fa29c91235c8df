#include <fmt/format.h>

#include <string>

#include "adapters/telemetry/log_table.h"
#include "app/reference/pages.h"

namespace baokms::app {

std::string LogsReference() {
  std::string text =
      "# Log messages\n\nEvery `message` of the log, one JSON object a line on standard error. "
      "Made from the program by `cmake --build\nbuild/default --target update_reference`; do not "
      "edit. [observability.md](../spec/observability.md#logs-one-json-object-a-line-on-stderr) "
      "has the\nfields, [metrics.md](metrics.md#error-classes) the words of `error_class` and "
      "`reason`. Where two levels stand, the first is success\nand the second failure.\n\n"
      "| message | level | meaning |\n|---|---|---|\n";
  for (const auto& fact : adapters::telemetry::kLogTable) {
    text += fmt::format("| `{}` | {} | {} |\n", fact.message, fact.levels, fact.meaning);
  }
  return text;
}

}  // namespace baokms::app
