// --help: a command's page as text of at most 100 columns.
#pragma once

#include <string>

#include "app/command_line/command_page.h"

namespace baokms::app {

std::string RenderHelp(const CommandPage& page);

// "0 done, 2 wrong usage, ..." for every command together, and for one with what the codes mean
// there.
std::vector<ExitText> ExitCodesOf(const CommandPage& page);

}  // namespace baokms::app
