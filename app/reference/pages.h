// The reference, made from the program's own tables: the command tree, every field of the
// configuration, every metric and every log message. docs/reference holds the Markdown; a test
// compares.
#pragma once

#include <string>
#include <string_view>

#include "app/command_line/command_page.h"

namespace baokms::app {

struct Edition {
  std::string_view version;
  std::string_view date;  // "2026-11-25"
};

// bao-kms-provider(8) and bao-kms-provider.yaml(5), in man(7)'s macros.
std::string CommandManual(const CommandPage& root, const Edition& edition);
std::string ConfigurationManual(const Edition& edition);

// docs/reference/commands.md, configuration.md, metrics.md and logs.md.
std::string CommandReference(const CommandPage& root);
std::string ConfigurationReference();
std::string MetricsReference();
std::string LogsReference();

}  // namespace baokms::app
