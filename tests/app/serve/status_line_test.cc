#include "app/serve/status_line.h"

#include <doctest/doctest.h>

#include <vector>

namespace baokms::app {
namespace {

using StatusLines = std::vector<std::string>;

struct ShownStatus {
  StatusLines lines;
  StatusLine status{[this](const std::string& line) { lines.push_back(line); }};
};

TEST_CASE("Status line: while waiting it says why and once it serves no more") {
  ShownStatus shown;
  shown.status.ProbeEnded("OpenBao is sealed: unseal it");
  shown.status.ProbeEnded("");
  shown.status.Serves();
  CHECK(shown.lines == StatusLines{"starting: login and first probes",
                                   "waiting until Status is healthy: OpenBao is sealed: unseal it",
                                   "starting: login and first probes", "serving"});
}

TEST_CASE("Status line: trouble while serving comes and goes") {
  ShownStatus shown;
  shown.status.Serves();
  shown.lines.clear();
  shown.status.ProbeEnded("OpenBao is sealed: unseal it");
  shown.status.ProbeEnded("");
  CHECK(shown.lines ==
        StatusLines{"serving, but Status is unhealthy: OpenBao is sealed: unseal it", "serving"});
}

TEST_CASE("Status line: a start that serves unhealthy says so at once") {
  ShownStatus shown;
  shown.status.ProbeEnded("OpenBao denied the request");
  shown.lines.clear();
  shown.status.Serves();
  CHECK(shown.lines == StatusLines{"serving, but Status is unhealthy: OpenBao denied the request"});
}

TEST_CASE("Status line: the same line is shown once and nothing follows the stop") {
  ShownStatus shown;
  shown.status.Serves();
  for (int i = 0; i < 3; ++i) shown.status.ProbeEnded("x");
  shown.status.Stops();
  shown.status.ProbeEnded("");
  shown.status.ProbeEnded("y");
  CHECK(shown.lines == StatusLines{"starting: login and first probes", "serving",
                                   "serving, but Status is unhealthy: x", "stopping"});
}

}  // namespace
}  // namespace baokms::app
