#include "app/command_line/usage_errors.h"

#include <cctype>
#include <cstdio>

namespace baokms::app {
namespace {

// The flag that this text names, the longest if several; nullptr: none.
const FlagPage* FlagIn(const CommandPage& page, std::string_view text) {
  const FlagPage* found = nullptr;
  for (const FlagPage& flag : page.flags) {
    if (flag.is_argument || text.find(flag.name) == std::string_view::npos) continue;
    if (found == nullptr || flag.name.size() > found->name.size()) found = &flag;
  }
  return found;
}

// "--before-version N: versions below this one are removed"
std::string WithPurpose(const FlagPage& flag) {
  std::string purpose = flag.Brief();
  if (purpose.size() > 1 && std::islower(static_cast<unsigned char>(purpose[1])) != 0) {
    purpose[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(purpose[0])));
  }
  return flag.Synopsis() + ", " + purpose;
}

const CommandPage& CommandOf(const CommandPage& root, const std::vector<std::string>& words) {
  const CommandPage* page = &root;
  for (const std::string& word : words) {
    const CommandPage* next = page->FindCommand(word);
    if (next == nullptr) break;  // its flags begin
    page = next;
  }
  return *page;
}

}  // namespace

ExitCode RefuseUsage(const UsageMistake& mistake) {
  std::fprintf(stderr, "usage: %s\nRun `%s --help` for details.\n", mistake.what.c_str(),
               mistake.path.c_str());
  return ExitCode::kUsage;
}

UsageMistake ExplainParseError(const CommandPage& root, const std::vector<std::string>& words,
                               const CLI::ParseError& error) {
  const CommandPage& page = CommandOf(root, words);
  std::string what = error.what();
  constexpr std::string_view kRequires = " requires ";
  const FlagPage* flag = FlagIn(page, what);
  if (dynamic_cast<const CLI::RequiresError*>(&error) != nullptr) {
    const std::size_t at = what.find(kRequires);
    flag = FlagIn(page, what.substr(at + kRequires.size()));
    what = what.substr(0, at) + " needs another flag";
    if (flag != nullptr) what += ": " + WithPurpose(*flag);
  } else if (flag != nullptr && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    what = flag->name + " is required: " + WithPurpose(*flag);
  } else if (flag != nullptr && dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    // CLI11 repeats the value.
    what =
        flag->name + (flag->Choices().empty() ? " has an invalid value; write " + WithPurpose(*flag)
                                              : " " + NotAChoice("", flag->Choices()));
  } else if (flag != nullptr && what.starts_with(flag->name + ": ")) {
    what.erase(flag->name.size(), 1);  // "--output must be text or json"
  }
  return {.what = std::move(what), .path = page.path};
}

}  // namespace baokms::app
