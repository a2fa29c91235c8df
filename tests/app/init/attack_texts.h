// Texts that break out of quotes, become commands, options, patterns, or another kind of YAML,
// where somebody forgot to quote.
#pragma once

#include <string>
#include <vector>

namespace baokms::app {

// What runs in a shell makes a file called `canary` in the working directory.
inline std::vector<std::string> AttackTexts() {
  return {"$(touch canary)",
          "`touch canary`",
          "x;touch canary;",
          "x && touch canary",
          "x || touch canary",
          "x | touch canary",
          "x > canary",
          "x & touch canary",
          "'; touch canary; '",
          "'\"'; touch canary; \"'\"",
          "\"; touch canary; \"",
          "\\'; touch canary; \\'",
          "$'\\n'touch canary",
          "a'b",
          "a\"b",
          "a\\b",
          "ends with \\",
          "two words",
          "two  blanks   more",
          "-rf",
          "--help",
          "-",
          "@/etc/passwd",
          "x=y",
          "*",
          "?[a-z]*",
          "~root",
          "{a,b}",
          "${HOME}",
          "$HOME",
          "$0 $@ $#",
          "!!",
          "%s%n%d",
          "a%00b",
          "# no comment",
          "a #b",
          "key: value",
          "- item",
          "[a, b]",
          "{a: b}",
          "&anchor x",
          "*alias",
          "!!binary x",
          "| block",
          "> folded",
          "%YAML 1.1",
          "--- x",
          "... x",
          "null",
          "~",
          "true",
          "no",
          "0x10",
          "1e3",
          "2026-01-01",
          "<script>&amp;",
          "../../etc/passwd",
          "a/../b",
          "/etc/passwd",
          "caf\xC3\xA9 \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x94\x91",
          "END",
          "EOF",
          ")baokms_text\"",
          std::string(4000, 'x')};
}

// What no file of a bundle may hold, quoted or not.
inline std::vector<std::string> HiddenTexts() {
  using std::string_literals::operator""s;
  return {"a\nb",     "a\rb",     "a\tb",     "a\0b"s,    "a\033[2Jb", "a\177b",  "a\u0085b",
          "a\u00A0b", "a\u2028b", "a\u202Eb", "a\u200Bb", "a\u2066b",  "\uFEFFb", "a\U000E0021b"};
}

}  // namespace baokms::app
