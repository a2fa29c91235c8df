#include "tests/systemd/page_commands.h"

#include <doctest/doctest.h>

#include "tests/runbooks/page.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::systemd_tests {

std::map<std::string, std::string> CommandsOf(const std::string& page) {
  const runbooks::Page parsed =
      runbooks::Parse(testing::ReadWholeFile(BAOKMS_DOCS_DIRECTORY "/" + page));
  for (const std::string& problem : parsed.problems) FAIL_CHECK(page << ", " << problem);
  std::map<std::string, std::string> commands;
  for (const runbooks::Block& block : parsed.blocks) commands[block.name] = block.commands;
  return commands;
}

}  // namespace baokms::systemd_tests
