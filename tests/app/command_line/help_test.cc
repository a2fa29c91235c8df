// Every command's help, walked over the tree: complete, narrow, and with examples that parse.
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "app/command_line/command_words.h"
#include "app/command_line/help_text.h"
#include "tests/app/command_line/whole_tree.h"

namespace baokms::app {
namespace {

// As a shell reads an example: no quotes are used in them, lines go on behind "\", and what follows
// a pipe or a redirection is another program's.
std::vector<std::string> WordsOfExample(std::string_view example) {
  const std::string_view program = "bao-kms-provider";
  const std::size_t begin = example.find(program);
  REQUIRE(begin != std::string_view::npos);
  std::istringstream rest(std::string(example.substr(begin + program.size())));
  std::vector<std::string> words;
  for (std::string word; rest >> word;) {
    if (word == "|" || word == ">") break;
    if (word == "\\") continue;
    if (example.starts_with("source <(") && word.ends_with(')')) word.pop_back();
    words.push_back(word);
  }
  return words;
}

TEST_CASE("Help: fits 100 columns and has usage, flags and exit codes, for every command") {
  const WholeTree tree;
  for (const CommandPage* page : tree.All()) {
    CAPTURE(page->path);
    const std::string help = RenderHelp(*page);
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(line.size() <= 100);
      CHECK_FALSE(line.ends_with(' '));
    }
    CHECK(help.starts_with(page->path + ": " + page->purpose));
    CHECK(Has(help, "\nUsage: " + page->path));
    CHECK(Has(help, "\nExit codes:\n  0  "));
    CHECK(Has(help, "\n  2  "));
    CHECK(Has(help, "\nExamples:\n  # "));
    for (const FlagPage& flag : page->flags) CHECK(Has(help, flag.Synopsis()));
    for (const CommandPage& command : page->commands) CHECK(Has(help, "  " + command.name + " "));
  }
}

TEST_CASE("Help: every command says its purpose, and every flag what it does and takes") {
  const WholeTree tree;
  for (const CommandPage* page : tree.All()) {
    CAPTURE(page->path);
    CHECK_FALSE(page->purpose.empty());
    CHECK_FALSE(page->purpose.ends_with('.'));
    CHECK_FALSE(page->examples.empty());
    CHECK((page == &tree.root() || !page->heading.empty()));
    for (const FlagPage& flag : page->flags) {
      CAPTURE(flag.name);
      CHECK(flag.description.size() > 5);
      CHECK_FALSE(flag.description.ends_with('.'));
      // CLI11's own words for a value tell nobody what to write.
      for (const char* vague : {"TEXT", "INT", "UINT", "FLOAT", "BOOLEAN", "VALUE"}) {
        CHECK_FALSE(Has(flag.value, vague));
        CHECK_FALSE(Has(flag.name, vague));
      }
    }
  }
}

TEST_CASE("Help: every example parses, and runs its own command") {
  const WholeTree described;
  for (const CommandPage* page : described.All()) {
    for (const Example& example : page->examples) {
      CAPTURE(std::string(example.command));
      WholeTree tree;
      auto words = CheckWords(tree.root(), WordsOfExample(example.command));
      REQUIRE(words);
      const bool own = page == &described.root() || Has(std::string(example.command), page->path) ||
                       page->name == "help";
      CHECK(own);
      std::ranges::reverse(*words);
      try {
        tree.command_tree().root().parse(*words);
        CHECK(tree.command_tree().chosen());
      } catch (const CLI::CallForHelp&) {
        CHECK(Has(std::string(example.command), "--help"));
      } catch (const CLI::ParseError& error) {
        FAIL_CHECK(error.what());
      }
    }
  }
}

TEST_CASE("Help: every command that reads the configuration says what exit code 3 is") {
  const WholeTree tree;
  for (const CommandPage* page : tree.All()) {
    if (page->FindFlag("--allow-socket-parent") == nullptr) continue;
    CAPTURE(page->path);
    CHECK(std::ranges::find(page->exits, ExitCode::kConfiguration, &ExitText::code) !=
          page->exits.end());
  }
}

}  // namespace
}  // namespace baokms::app
