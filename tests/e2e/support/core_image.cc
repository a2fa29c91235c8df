#include "tests/e2e/support/core_image.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string_view>

#include "tests/e2e/support/process_memory.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/temp_directory.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

constexpr const char* kGcore = "/usr/bin/gcore";

bool IsLetterOrDigit(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

}  // namespace

bool SkippedWithoutGcore() {
  return access(kGcore, X_OK) != 0 &&
         testing::SaySkipped("no gcore: scripts/install-deps.sh tests");
}

std::string CoreImageOf(pid_t pid) {
  const testing::TempDirectory directory;
  testing::ChildProcess gcore({.argv = {kGcore, "-o", directory.File("core"), std::to_string(pid)},
                               .stdout_file = directory.File("out"),
                               .stderr_file = directory.File("err")});
  const auto ended = gcore.Wait(std::chrono::seconds(60));
  std::string image = testing::ReadWholeFile(directory.File("core." + std::to_string(pid)));
  if (!ended || ended->code != 0 || image.empty()) {
    throw testing::HarnessError("gcore: " + gcore.Stdout() + gcore.Stderr());
  }
  return image;
}

std::set<std::string> TokensOf(pid_t pid, const testing::OpenBaoUnderTest& openbao) {
  constexpr std::size_t kLength = 26;
  std::set<std::string> candidates;
  for (const MemoryRegion& region : ReadMemory(pid)) {
    const std::string& bytes = region.bytes;
    for (std::size_t at = bytes.find("s."); at != std::string::npos;
         at = bytes.find("s.", at + 1)) {
      // What follows a token in memory may be a letter too, so its length counts.
      std::string found = bytes.substr(at, kLength);
      if (found.size() == kLength && std::all_of(found.begin() + 2, found.end(), IsLetterOrDigit)) {
        candidates.insert(std::move(found));
      }
    }
  }
  std::erase_if(candidates, [&](const std::string& candidate) {
    return !openbao.Call("POST", "sys/capabilities-self", {{"paths", {"x"}}}, candidate).ok();
  });
  return candidates;
}

std::string AroundIn(const std::string& image, const std::string& secret) {
  constexpr std::size_t kBefore = 48;
  const std::size_t at = image.find(secret);
  if (at == std::string::npos) return "no plain copy";
  std::string before = image.substr(at - std::min(at, kBefore), std::min(at, kBefore));
  for (char& c : before) c = std::isprint(static_cast<unsigned char>(c)) != 0 ? c : '.';
  return "behind \"" + before + "\"";
}

}  // namespace baokms::e2e
