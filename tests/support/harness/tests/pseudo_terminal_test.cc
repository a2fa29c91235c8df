// The terminal of the tests itself.
#include "tests/support/harness/pseudo_terminal.h"

#include <doctest/doctest.h>

#include "tests/support/harness/child_process.h"
#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("Pseudo-terminal: a program finds a terminal of that width and its bytes arrive") {
  PseudoTerminal terminal(37);
  ChildProcess child({.argv = {"sh", "-c", "test -t 1 && stty size <&1; printf 'a\\nb\\r'"},
                      .stdout_file = terminal.name(),
                      .stderr_file = terminal.name()});
  CHECK(child.Wait(std::chrono::seconds(10)).has_value());
  CHECK(terminal.WaitFor("b\r", std::chrono::seconds(10)));
  CHECK(terminal.Written() == "50 37\na\nb\r");
  CHECK_FALSE(terminal.WaitFor("never", std::chrono::milliseconds(50)));
}

TEST_CASE("Pseudo-terminal: the screen shows what was overwritten last and no color") {
  CHECK(ScreenAfter("one\ntwo\n") == Lines{"one", "two"});
  CHECK(ScreenAfter("running\r\033[Kdone\n\033[1;31mred\033[0m\n") == Lines{"done", "red"});
  CHECK(ScreenAfter("running\rdone") == Lines{"doneing"});
  CHECK_THROWS_AS(ScreenAfter("\033[2J"), HarnessError);
}

}  // namespace
}  // namespace baokms::testing
