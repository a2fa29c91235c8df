#include "tests/e2e/support/core_image.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>

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

std::set<std::string> TokensOf(pid_t pid) {
  constexpr std::size_t kLength = 24;
  std::set<std::string> tokens;
  for (const MemoryRegion& region : ReadMemory(pid)) {
    const std::string& bytes = region.bytes;
    for (std::size_t at = bytes.find("s."); at != std::string::npos;
         at = bytes.find("s.", at + 1)) {
      const auto end = std::find_if_not(bytes.begin() + static_cast<std::ptrdiff_t>(at) + 2,
                                        bytes.end(), IsLetterOrDigit);
      std::string found(bytes.begin() + static_cast<std::ptrdiff_t>(at), end);
      if (found.size() == kLength + 2 && (at == 0 || !IsLetterOrDigit(bytes[at - 1]))) {
        tokens.insert(std::move(found));
      }
    }
  }
  return tokens;
}

}  // namespace baokms::e2e
