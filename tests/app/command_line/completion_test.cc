// The completion scripts, asked through the shells that they are for.
#include "app/command_line/completion/completion.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "tests/app/command_line/shell.h"
#include "tests/app/command_line/whole_tree.h"

namespace baokms::app {
namespace {

// Candidates, sorted, of lines of which the last word is completed.
Words Sorted(const std::string& lines) {
  Words words;
  std::istringstream stream(lines);
  for (std::string line; std::getline(stream, line);) {
    words.push_back(line.substr(0, line.find('\t')));
  }
  std::ranges::sort(words);
  return words;
}

// A directory with a file and a directory that begin alike, and one whose name has a blank.
class Files {
 public:
  Files() {
    directory_.Write("value.yaml", "");
    directory_.MakeDirectory("values", 0700);
    directory_.Write("with blank", "");
  }
  const std::string& path() const { return directory_.path(); }
  std::string Write(const std::string& name, const std::string& text) const {
    return directory_.Write(name, text);
  }

 private:
  testing::TempDirectory directory_;
};

struct Asked {
  Words line;  // words before the cursor
  Words candidates;
};

// The same of every shell.
const Asked kCases[] = {
    {{"doc"}, {"doctor"}},
    {{"ret"}, {"retire-versions"}},
    {{"config", "s"}, {"schema"}},
    {{"config", ""}, {"fingerprint", "schema"}},
    {{"policy", "o"}, {"openbao"}},
    {{"help", "config", ""}, {"fingerprint", "schema"}},
    {{"help", "mig"}, {"migrate-state"}},
    {{"completion", ""}, {"bash", "fish", "zsh"}},
    {{"doctor", "--enc"}, {"--encryption-config"}},
    {{"retire-versions", "--ap"}, {"--apply"}},
    {{"doctor", "--output", ""}, {"json", "text"}},
    {{"doctor", "--log-level", "w"}, {"warn"}},
    // The value of a flag is no command, and flags of another command are not offered.
    {{"config", "--config", "schema", "f"}, {"fingerprint"}},
    {{"version", "--out"}, {}},
    {{"doctor", "--config", "val"}, {"value.yaml", "values"}},
    {{"doctor", "--allow-socket-parent", "val"}, {"values"}},
    {{"retire-versions", "--before-version", ""}, {}},
    {{"nodes", ""}, {"compare"}},
    {{"nodes", "compare", "val"}, {"value.yaml", "values"}},
    {{"nodes", "compare", "value.yaml", "val"}, {"value.yaml", "values"}},
    {{"nodes", "compare", "--out"}, {"--output"}},
};

std::string Line(const Words& words) {
  std::string line = "bao-kms-provider";
  for (const std::string& word : words) line += " " + word;
  return line;
}

// A candidate that is a directory may end in '/'.
Words WithoutSlashes(Words words) {
  for (std::string& word : words) {
    if (word.ends_with('/')) word.pop_back();
  }
  return words;
}

TEST_CASE("Completion: bash completes commands, flags, choices, files and directories") {
  const Files files;
  const WholeTree tree;
  const std::string script = files.Write("script.bash", BashCompletion(tree.root()));
  testing::RunScript({"bash", "-n"}, script);
  const auto complete = [&](const Words& line) {
    std::string ask = "source '" + script + "'; compopt() { :; }; COMP_WORDS=(bao-kms-provider";
    for (const std::string& word : line) ask += " '" + word + "'";
    ask += "); COMP_CWORD=" + std::to_string(line.size()) +
           "; _bao_kms_provider; ((${#COMPREPLY[@]} == 0)) || printf '%s\\n' \"${COMPREPLY[@]}\"";
    return Sorted(testing::RunScript({"bash", "-uc"}, ask, files.path()));
  };
  for (const Asked& asked : kCases) {
    CAPTURE(Line(asked.line));
    CHECK(complete(asked.line) == asked.candidates);
  }
  CHECK(complete({"doctor", "--config", "with"}) == Words{"with blank"});
  // '=' is a word of its own, unless COMP_WORDBREAKS was changed.
  CHECK(complete({"doctor", "--output", "=", "j"}) == Words{"json"});
  CHECK(complete({"doctor", "--output", "="}) == Words{"json", "text"});
  CHECK(complete({"doctor", "--output=j"}) == Words{"--output=json"});
  CHECK(complete({"policy", "openbao", "--include-token-renewal", "=", "f"}) == Words{"false"});
  CHECK(complete({"doctor", "--output", "=", "json", "--enc"}) == Words{"--encryption-config"});
}

TEST_CASE("Completion: bash registers it for the program's name") {
  const Files files;
  const WholeTree tree;
  const std::string script = files.Write("script.bash", BashCompletion(tree.root()));
  CHECK(
      testing::RunScript({"bash", "-c"}, "source '" + script + "'; complete -p bao-kms-provider") ==
      "complete -F _bao_kms_provider bao-kms-provider\n");
}

TEST_CASE("Completion: fish completes commands, flags, choices, files and directories") {
  const Files files;
  const WholeTree tree;
  const std::string script = files.Write("script.fish", FishCompletion(tree.root()));
  testing::RunScript({"fish", "-n"}, script);
  const auto complete = [&](const Words& line) {
    const std::string ask = "source '" + script + "'; complete -C '" + Line(line) + "'";
    return Sorted(testing::RunScript({"fish", "-N", "-c"}, ask, files.path()));
  };
  for (const Asked& asked : kCases) {
    CAPTURE(Line(asked.line));
    CHECK(WithoutSlashes(complete(asked.line)) == asked.candidates);
  }
  CHECK(complete({"doctor", "--output=j"}) == Words{"--output=json"});
  CHECK(complete({"policy", "openbao", "--include-token-renewal=f"}) ==
        Words{"--include-token-renewal=false"});
}

// An interactive zsh behind a terminal: Tab is pressed, and then a key that prints the line.
constexpr const char* kZshDriver = R"(
zmodload zsh/zpty
zpty shell zsh -f -i
say() { zpty -w shell "$1" }
say 'PS1= PS2= PROMPT_EOL_MARK= COLUMNS=200; unsetopt zle_bracketed_paste beep'
say 'fpath=('$1' $fpath); autoload -Uz compinit; compinit -u -d '$1'/dump'
say 'show() { print -r -- "<$BUFFER>"; BUFFER= }; zle -N show; bindkey "^X" show; bindkey "^I" complete-word'
say 'print -r REA''DY'
zpty -r -m shell answer '*READY*'
for line in "${@:2}"; do
  zpty -w -n shell "$line"$'\t\x18'
  zpty -r -m shell answer '*<*>*'
  answer=${answer##*<}
  print -r -- "${answer%%>*}"
done
zpty -d shell
)";

TEST_CASE("Completion: zsh completes commands, flags, choices, files and directories") {
  const Files files;
  const WholeTree tree;
  const std::string script = files.Write("_bao-kms-provider", ZshCompletion(tree.root()));
  testing::RunScript({"zsh", "-n"}, script);
  const std::pair<const char*, const char*> lines[] = {
      {"doct", "doctor "},
      {"ret", "retire-versions "},
      {"config s", "config schema "},
      {"policy o", "policy openbao "},
      {"help config fi", "help config fingerprint "},
      {"help mig", "help migrate-state "},
      {"completion z", "completion zsh "},
      {"doctor --enc", "doctor --encryption-config="},
      {"retire-versions --ap", "retire-versions --apply "},
      {"doctor --output j", "doctor --output json "},
      {"doctor --output=j", "doctor --output=json "},
      {"doctor --log-level w", "doctor --log-level warn "},
      {"config --config schema fi", "config --config schema fingerprint "},
      {"version --out", "version --out"},
      {"doctor --config value.", "doctor --config value.yaml "},
      {"doctor --allow-socket-parent val", "doctor --allow-socket-parent values/"},
      {"policy openbao --include-token-renewal=f", "policy openbao --include-token-renewal=false "},
  };
  Words argv{"zsh", "-f", "-c", kZshDriver, "driver", files.path()};
  for (const auto& [typed, completed] : lines) {
    argv.push_back("bao-kms-provider " + std::string(typed));
  }
  const testing::Told told = testing::RunProgram(argv, files.path());
  CHECK(told.err == "");
  std::istringstream answers(told.out);
  for (const auto& [typed, completed] : lines) {
    CAPTURE(typed);
    std::string answer;
    std::getline(answers, answer);
    CHECK(answer == "bao-kms-provider " + std::string(completed));
  }
}

TEST_CASE("Completion: every command and flag of the tree is in each script") {
  const WholeTree tree;
  for (const auto& script :
       {BashCompletion(tree.root()), ZshCompletion(tree.root()), FishCompletion(tree.root())}) {
    for (const CommandPage* page : tree.All()) {
      CHECK(script.find(page->name) != std::string::npos);
      for (const FlagPage& flag : page->flags) {
        if (flag.is_argument) continue;
        CHECK(script.find(flag.name.substr(2)) != std::string::npos);
      }
    }
  }
}

}  // namespace
}  // namespace baokms::app
