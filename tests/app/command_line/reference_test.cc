// Man pages and docs/reference as the build wrote them.
#include <doctest/doctest.h>

#include <string>

#include "adapters/config_yaml/field_table.h"
#include "adapters/config_yaml/overrides.h"
#include "tests/app/command_line/shell.h"
#include "tests/app/command_line/whole_tree.h"

namespace baokms::app {
namespace {

using testing::ReadWholeFile;

const std::string kMade = BAOKMS_REFERENCE;
const std::string kDocs = BAOKMS_DOCS "/reference";
const std::string kProgramPage = kMade + "/man/man8/bao-kms-provider.8";
const std::string kFilePage = kMade + "/man/man5/bao-kms-provider.yaml.5";

// As a reader sees it, on lines of a width that breaks none of the names.
std::string Shown(const std::string& page) {
  std::string text = testing::RunProgram({"mandoc", "-T", "ascii", "-O", "width=200", page}).out;
  // Bold is a letter over itself.
  for (std::size_t at = 0; (at = text.find('\b')) != std::string::npos;) text.erase(at - 1, 2);
  return text;
}

TEST_CASE("Reference: docs/reference is what the program generates") {
  for (const char* name : {"commands.md", "configuration.md", "logs.md", "metrics.md"}) {
    const std::string made = ReadWholeFile(kMade + "/docs/" + name);
    REQUIRE_FALSE(made.empty());
    const bool same = made == ReadWholeFile(kDocs + "/" + name);
    CHECK_MESSAGE(same, name << " is not what the program generates: run `cmake --build "
                                "build/default --target update_reference`, look at the difference "
                                "and commit it");
  }
}

TEST_CASE("Reference: mandoc and man have nothing to complain about") {
  for (const std::string& page : {kProgramPage, kFilePage}) {
    CAPTURE(page);
    const testing::Told linted =
        testing::RunProgram({"mandoc", "-T", "lint", "-W", "warning", page});
    CHECK(linted.code == 0);
    CHECK(linted.out == "");
    const testing::Told formatted =
        testing::RunProgram({"man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page});
    CHECK(formatted.code == 0);
    CHECK(formatted.err == "");
    CHECK_FALSE(formatted.out.empty());
  }
}

TEST_CASE("Reference: the program's page has the sections of man-pages 7 in their order") {
  const std::string page = ReadWholeFile(kProgramPage);
  std::size_t last = 0;
  for (const char* section :
       {"NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "EXIT STATUS", "ENVIRONMENT",
        "FILES", "SIGNALS", "EXAMPLES", "SEE ALSO"}) {
    const std::size_t at = page.find(std::string("\n.SH ") + section + "\n");
    REQUIRE_MESSAGE(at != std::string::npos, section);
    CHECK(at > last);
    last = at;
  }
}

TEST_CASE("Reference: every command and flag is in the man page and in commands.md") {
  const WholeTree tree;
  const std::string page = Shown(kProgramPage);
  const std::string markdown = ReadWholeFile(kDocs + "/commands.md");
  for (const CommandPage* command : tree.All()) {
    CAPTURE(command->path);
    CHECK(Has(page, command->path.substr(std::string("bao-kms-provider").size())));
    CHECK(Has(markdown, "\n## " + command->path + "\n"));
    for (const FlagPage& flag : command->flags) {
      CAPTURE(flag.name);
      CHECK(Has(page, flag.Synopsis()));
      CHECK(Has(markdown, flag.Synopsis()));
    }
  }
}

TEST_CASE("Reference: every field and variable is in the man pages and in configuration.md") {
  const std::string page = Shown(kFilePage);
  const std::string markdown = ReadWholeFile(kDocs + "/configuration.md");
  std::size_t rows = 0;
  for (std::size_t at = 0; (at = markdown.find("\n| `", at)) != std::string::npos; ++at) ++rows;
  const auto variables = adapters::config_yaml::DescribeOverrides();
  CHECK(rows == adapters::config_yaml::Fields().size() + variables.size());
  for (const auto& field : adapters::config_yaml::Fields()) {
    const std::string name(field.name);
    CAPTURE(name);
    CHECK(Has(page, "       " + name + "\n"));
    CHECK(Has(markdown, "\n| `" + name + "` |"));
  }
  const std::string program_page = Shown(kProgramPage);
  for (const auto& [field, names] : variables) {
    for (const std::string_view name : names) {
      CHECK(Has(program_page, name));
      CHECK(Has(markdown, name));
    }
  }
}

TEST_CASE("Reference: what the man page shows as a file is complete") {
  const std::string page = Shown(kFilePage);
  for (const auto& field : adapters::config_yaml::Fields()) {
    using adapters::config_yaml::Branch;
    const bool needed = field.need == adapters::config_yaml::Need::kRequired &&
                        field.default_value.empty() &&
                        (field.branch == Branch::kAlways || field.branch == Branch::kJwt ||
                         field.branch == Branch::kJwtFile);
    const std::string key = std::string(adapters::config_yaml::LastPart(field.name)) + ": ";
    if (needed)
      CHECK_MESSAGE(Has(page.substr(page.find("\nEXAMPLES")), key), std::string(field.name));
  }
}

}  // namespace
}  // namespace baokms::app
