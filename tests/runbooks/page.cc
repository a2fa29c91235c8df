#include "tests/runbooks/page.h"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string_view>

#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::runbooks {
namespace {

constexpr std::string_view kFence = "```";

std::string_view Trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view() : line.substr(first);
}

// "ready" of "<!-- run: ready -->"; empty for any other line.
std::string NameIn(std::string_view line) {
  constexpr std::string_view kBegin = "<!-- run: ";
  constexpr std::string_view kEnd = " -->";
  if (!line.starts_with(kBegin) || !line.ends_with(kEnd)) return "";
  return std::string(line.substr(kBegin.size(), line.size() - kBegin.size() - kEnd.size()));
}

class Parser {
 public:
  Page Read(const std::string& markdown) {
    std::istringstream lines(markdown);
    for (std::string line; std::getline(lines, line);) {
      ++number_;
      if (fenced_) {
        Inside(line);
      } else {
        Outside(line);
      }
    }
    if (fenced_) Problem("a fence is not closed");
    if (!name_.empty()) Problem("no block follows " + name_);
    return std::move(page_);
  }

 private:
  void Problem(const std::string& what) {
    page_.problems.push_back("line " + std::to_string(number_) + ": " + what);
  }

  void Outside(const std::string& line) {
    const std::string_view text = Trimmed(line);
    if (text.starts_with(kFence)) {
      Open(text.substr(kFence.size()), line.size() - text.size());
    } else if (!text.empty() && !name_.empty()) {
      Problem("no block follows " + name_);
      name_.clear();
    } else if (line.starts_with("## ")) {
      section_ = line.substr(3);
    } else {
      name_ = NameIn(text);
    }
  }

  void Open(std::string_view language, std::size_t indent) {
    fenced_ = true;
    indent_ = indent;
    commands_.clear();
    runs_ = language == "sh";
    if (!runs_ && language != "text") Problem("fenced as neither sh nor text");
    if (runs_ && name_.empty()) Problem("a block without a name");
    if (!runs_ && !name_.empty()) Problem("a name above what is not run: " + name_);
  }

  void Inside(const std::string& line) {
    if (Trimmed(line) != kFence) {
      commands_ += line.substr(std::min(indent_, line.size())) + "\n";
      return;
    }
    fenced_ = false;
    if (runs_) {
      const bool twice = std::ranges::any_of(page_.blocks, [this](const Block& block) {
        return block.section == section_ && block.name == name_;
      });
      if (twice) Problem("twice in one section: " + name_);
      page_.blocks.push_back({.section = section_, .name = name_, .commands = commands_});
    }
    name_.clear();
  }

  Page page_;
  int number_ = 0;
  std::string section_;
  std::string name_;  // of the block that must follow
  bool fenced_ = false;
  bool runs_ = false;
  std::size_t indent_ = 0;
  std::string commands_;
};

std::vector<std::filesystem::path> Files() {
  const std::filesystem::path docs = BAOKMS_DOCS_DIRECTORY;
  std::vector<std::filesystem::path> files = {docs / "automatic-rotation.md", docs / "benchmark.md",
                                              docs / "install.md", docs / "key-usage.md"};
  for (const char* directory : {"runbooks", "login"}) {
    for (const auto& entry : std::filesystem::directory_iterator(docs / directory)) {
      if (entry.path().extension() == ".md") files.push_back(entry.path());
    }
  }
  return files;
}

}  // namespace

Page Parse(const std::string& markdown) { return Parser().Read(markdown); }

void ReplaceAll(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

Page ReadPage(const std::string& name) {
  for (const std::filesystem::path& file : Files()) {
    if (file.stem() == name) return Parse(testing::ReadWholeFile(file));
  }
  throw testing::HarnessError("no such page: " + name);
}

std::vector<std::string> PageNames() {
  std::vector<std::string> names;
  for (const std::filesystem::path& file : Files()) names.push_back(file.stem());
  return names;
}

}  // namespace baokms::runbooks
