// The rules against the code's table of metrics, the specification, the runbooks and their own
// tests.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "tests/monitoring/metric_words.h"
#include "tests/monitoring/rule_files.h"
#include "tests/structure/markdown_page.h"

namespace baokms::monitoring {
namespace {

const std::string kRoot = BAOKMS_SOURCE_TREE "/";

std::string Text(const std::string& path) {
  std::ifstream in(kRoot + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// "StatusCacheStale" of "OpenBaoKMSStatusCacheStale", as the pages call it.
std::string ShortName(const std::string& alert) {
  const std::string prefix = "OpenBaoKMS";
  REQUIRE(alert.starts_with(prefix));
  return alert.substr(prefix.size());
}

std::set<std::string> RecordedNames() {
  std::set<std::string> names;
  for (const RecordingRule& rule : ReadRecordings()) names.insert(rule.name);
  return names;
}

TEST_CASE("Alert rules: every metric and label is one that the code has") {
  for (const RecordingRule& rule : ReadRecordings()) {
    CAPTURE(rule.name);
    CHECK(UnknownWords(rule.expression, {}) == std::vector<std::string>{});
  }
  for (const AlertRule& alert : ReadAlerts()) {
    CAPTURE(alert.name);
    CHECK(UnknownWords(alert.expression, RecordedNames()) == std::vector<std::string>{});
    CHECK_FALSE(MetricsIn(alert.expression).empty());
  }
}

TEST_CASE("Alert rules: they are those of reports-and-labels.md and each is there once") {
  const std::string page = Text("docs/spec/reports-and-labels.md");
  const std::size_t at = page.find("\n## Alert names of the shipped rules");
  REQUIRE(at != std::string::npos);
  const std::string section = page.substr(page.find("\n\n", at));
  std::set<std::string> specified;
  const std::regex name("[A-Z][A-Za-z]*[a-z][A-Z][A-Za-z]*|[A-Z]{2,}[a-z][A-Za-z]*");
  for (std::sregex_iterator it(section.begin(), section.end(), name), end; it != end; ++it) {
    specified.insert(it->str());
  }
  std::multiset<std::string> shipped;
  for (const AlertRule& alert : ReadAlerts()) shipped.insert(ShortName(alert.name));
  CHECK(shipped == std::multiset<std::string>(specified.begin(), specified.end()));
}

TEST_CASE("Alert rules: each says how bad it is and what it means and names a runbook") {
  const std::string monitoring = Text("docs/monitoring.md");
  for (const AlertRule& alert : ReadAlerts()) {
    CAPTURE(alert.name);
    REQUIRE(alert.labels.contains("severity"));
    CHECK(
        std::set<std::string>{"critical", "warning", "info"}.contains(alert.labels.at("severity")));
    for (const char* annotation : {"summary", "description", "runbook"}) {
      CAPTURE(annotation);
      REQUIRE(alert.annotations.contains(annotation));
      CHECK_FALSE(alert.annotations.at(annotation).empty());
    }
    const std::string link = alert.annotations.at("runbook");
    CAPTURE(link);
    const std::size_t hash = link.find('#');
    REQUIRE(hash != std::string::npos);
    const std::string path = link.substr(0, hash);
    CHECK(path.starts_with("docs/runbooks/"));
    REQUIRE(std::filesystem::exists(kRoot + path));
    const structure::MarkdownPage page = structure::ReadMarkdown(Text(path));
    CHECK(page.anchors.contains(link.substr(hash + 1)));
    CHECK_MESSAGE(page.words.find(ShortName(alert.name)) != std::string::npos,
                  "the runbook does not name the alert");
    const std::string row = "| [" + ShortName(alert.name) + "](" +
                            link.substr(std::string("docs/").size()) + ") | " +
                            alert.labels.at("severity") + " |";
    CHECK_MESSAGE(monitoring.find(row) != std::string::npos,
                  "docs/monitoring.md has no row that begins with " << row);
  }
}

TEST_CASE("Alert rules: each has a test that it fires and that it does not for one in order") {
  const auto names_as = [](const char* what, const std::vector<std::string>& texts) {
    return std::ranges::any_of(texts, [&](const std::string& text) {
      return text.find("instance=\"" + std::string(what) + "\"") != std::string::npos ||
             text.find("cluster=\"" + std::string(what) + "\"") != std::string::npos;
    });
  };
  const std::vector<AlertCheck> checks = ReadAlertChecks();
  for (const AlertRule& alert : ReadAlerts()) {
    CAPTURE(alert.name);
    CHECK(std::ranges::any_of(checks, [&](const AlertCheck& check) {
      return check.expression.find("alertname=\"" + alert.name + "\"") != std::string::npos &&
             check.expression.find("alertstate=\"firing\"") != std::string::npos &&
             names_as("bad", check.fires) && !names_as("good", check.fires) &&
             names_as("good", check.series);
    }));
  }
}

}  // namespace
}  // namespace baokms::monitoring
