// ShellQuoted and YamlQuoted: what a shell and a YAML reader make of the texts again.
#include <doctest/doctest.h>

#include <string>

#include "adapters/config_yaml/yaml_document.h"
#include "app/init/shell_quoted.h"
#include "app/init/yaml_quoted.h"
#include "tests/app/init/attack_texts.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::app {
namespace {

TEST_CASE("Quoting: for a shell every text is one word that means itself") {
  const testing::TempDirectory directory;
  std::string script;
  std::string expected;
  for (const std::string& text : AttackTexts()) {
    script += "printf '%s\\0' " + ShellQuoted(text) + "\n";
    expected += text + '\0';
  }
  script += "printf '%s\\0' " + ShellQuoted("a\nb\t\x1B") + ShellQuoted("") + "\n";
  expected += std::string("a\nb\t\x1B") + '\0';
  directory.Write("script", script);
  for (const char* shell : {"bash", "dash"}) {
    CAPTURE(shell);
    const std::string out = directory.File(shell);
    testing::ChildProcess child(
        {.argv = {shell, directory.File("script")},
         .stdout_file = out,
         .working_directory = directory.MakeDirectory(std::string(shell) + "-here", 0700)});
    CHECK(child.Wait(std::chrono::seconds(10)) ==
          testing::ExitStatus{.code = 0, .signal = std::nullopt});
    CHECK(testing::ReadWholeFile(out) == expected);
  }
}

TEST_CASE("Quoting: for YAML every text is a string that means itself") {
  std::vector<std::string> texts = AttackTexts();
  for (const std::string& text : HiddenTexts()) texts.push_back(text);
  texts.emplace_back("");
  for (const std::string& text : texts) {
    CAPTURE(text);
    const auto document =
        adapters::config_yaml::ParseYaml("a: " + YamlQuoted(text) + "  # comment\nb: [x]\n");
    CHECK(document.problems.empty());
    REQUIRE(document.root.has_value());
    REQUIRE(document.root->entries.size() == 2);
    CHECK(document.root->entries[0].value.text == text);
    CHECK_FALSE(document.root->entries[0].value.plain);
  }
}

TEST_CASE("Quoting: in YAML what cannot be seen is escaped") {
  for (const std::string& text : HiddenTexts()) {
    const std::string quoted = YamlQuoted(text);
    CAPTURE(quoted);
    CHECK(quoted.find("\\u") + quoted.find("\\U") != 2 * std::string::npos);
    for (const char c : quoted) CHECK((c >= ' ' && c <= '~'));
  }
  CHECK(YamlQuoted("\xFF") == "\"\\uFFFD\"");
}

}  // namespace
}  // namespace baokms::app
