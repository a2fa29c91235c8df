#include "app/command_line/command_words.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/app/command_line/whole_tree.h"

namespace baokms::app {
namespace {

std::string MistakeIn(const Words& words) {
  const WholeTree tree;
  const auto checked = CheckWords(tree.root(), words);
  return checked ? "" : checked.error().what;
}

TEST_CASE("Usage: a mistyped word is answered with the nearest one") {
  const std::pair<Words, std::string> mistakes[] = {
      {{"dcotor"}, "unknown command dcotor; did you mean doctor?"},
      {{"retire-version"}, "unknown command retire-version; did you mean retire-versions?"},
      {{"config", "shema"}, "unknown command shema; did you mean schema?"},
      {{"policy", "opnbao"}, "unknown command opnbao; did you mean openbao?"},
      {{"xyzzy"}, "unknown command xyzzy"},
      {{"retire-versions", "--aply"}, "unknown flag --aply; did you mean --apply?"},
      {{"doctor", "--confg=x"}, "unknown flag --confg; did you mean --config?"},
      {{"doctor", "--zzzzzz"}, "unknown flag --zzzzzz"},
      {{"config", "fingerprint", "--cofnig", "x"}, "unknown flag --cofnig; did you mean --config?"},
      {{"--vresion"}, "unknown flag --vresion; did you mean --version?"},
      {{"version", "--version"}, "unknown flag --version"},
      {{"doctor", "config", "x"}, "unexpected word config; did you mean --config FILE?"},
  };
  for (const auto& [words, what] : mistakes) CHECK(MistakeIn(words) == what);
}

TEST_CASE("Usage: what was meant is said for every other slip") {
  const std::pair<Words, std::string> mistakes[] = {
      {{"doctor", "-config", "x"}, "flags have two dashes; write --config"},
      {{"doctor", "-config=x"}, "flags have two dashes; write --config"},
      {{"doctor", "--config"}, "--config needs a value; write --config FILE"},
      {{"doctor", "--config", "--output", "json"}, "--config needs a value; write --config FILE"},
      {{"doctor", "--config", "-x"}, "--config needs a value; write --config FILE"},
      {{"doctor", "--output"}, "--output needs a value; write --output text|json"},
      {{"doctor", "--config", "a", "--config=b"}, "--config is given twice; give it once"},
      {{"migrate-state", "--apply", "--apply"}, "--apply is given twice; give it once"},
      {{"migrate-state", "--apply=now"}, "--apply takes no value; write --apply alone"},
      {{"--config", "x", "doctor"},
       "--config must follow the command; write bao-kms-provider COMMAND --config FILE"},
      {{"doctor", "stray"},
       "unexpected word stray; bao-kms-provider doctor takes only flags, as --flag VALUE"},
      {{"restore-versions", "--versions", "1", "2"},
       "unexpected word; bao-kms-provider restore-versions takes only flags, as --flag VALUE"},
      {{"doctor", "--"}, "-- has no meaning here; leave it out"},
      {{"-v"}, "unknown flag -v"},
  };
  for (const auto& [words, what] : mistakes) CHECK(MistakeIn(words) == what);
}

TEST_CASE("Usage: what may be a secret is not repeated") {
  const std::string secret = "hvs.CAESIJlU9JMYEhOPYv4igdhm9PnZDrabYTobQ4Ymnlq";
  const Words lines[] = {
      {secret},
      {"doctor", secret},
      {"config", secret},
      {"doctor", "--" + secret},
      {"doctor", "-" + secret},
      {"doctor", "--token=" + secret},
      {"doctor", "token=" + secret},
      {"migrate-state", "--apply=" + secret},
      {"doctor", "--config", secret, "--config", secret},
      {"doctor", std::string(33, 'a')},
  };
  for (const Words& words : lines) {
    const std::string what = MistakeIn(words);
    CAPTURE(what);
    CHECK_FALSE(what.empty());
    CHECK(what.find("hvs") == std::string::npos);
    CHECK(what.find("JlU9") == std::string::npos);
    CHECK(what.find("aaaa") == std::string::npos);
  }
}

TEST_CASE("Usage: a good line is passed on, with empty values in words of their own") {
  const WholeTree tree;
  const std::pair<Words, Words> lines[] = {
      {{}, {}},
      {{"doctor", "--config", "x", "--output=json"}, {"doctor", "--config", "x", "--output=json"}},
      {{"serve", "--metrics-address=", "--config", "x"},
       {"serve", "--metrics-address", "", "--config", "x"}},
      {{"serve", "--metrics-address", ""}, {"serve", "--metrics-address", ""}},
      {{"doctor", "--config=-odd"}, {"doctor", "--config=-odd"}},
      {{"doctor", "--help", "--nonsense"}, {"doctor", "--help"}},
      {{"-h", "nonsense"}, {"-h"}},
      {{"help", "config", "schema"}, {"help", "config", "schema"}},
      {{"migrate-state", "--apply=true"}, {"migrate-state", "--apply"}},
      {{"migrate-state", "--apply=false"}, {"migrate-state"}},
      {{"policy", "openbao", "--include-token-renewal=false"},
       {"policy", "openbao", "--include-token-renewal=false"}},
      {{"serve", "--allow-socket-parent", "/a", "--allow-socket-parent=/b"},
       {"serve", "--allow-socket-parent", "/a", "--allow-socket-parent=/b"}},
  };
  for (const auto& [words, passed] : lines) {
    const auto checked = CheckWords(tree.root(), words);
    REQUIRE(checked);
    CHECK(*checked == passed);
  }
}

TEST_CASE("Usage: a value that is no choice is answered with the choices") {
  CHECK(NotAChoice("jsn", {"text", "json"}) == "must be text or json; did you mean json?");
  CHECK(NotAChoice("xml", {"text", "json"}) == "must be text or json");
  CHECK(NotAChoice("", {"a", "b", "c"}) == "must be a, b or c");
}

}  // namespace
}  // namespace baokms::app
