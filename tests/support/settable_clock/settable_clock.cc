#include "tests/support/settable_clock/settable_clock.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string_view>

#include "tests/support/harness/harness_error.h"

namespace baokms::testing {

using Seconds = std::atomic<std::int64_t>;
static_assert(Seconds::is_always_lock_free, "it is shared between processes");

SettableClock::SettableClock(std::int64_t unix_seconds) {
  // An integer's bytes.
  const std::string_view bytes(reinterpret_cast<const char*>(&unix_seconds), sizeof unix_seconds);
  const std::string path = directory_.Write("wall-clock", bytes);
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  void* page = mmap(nullptr, sizeof(Seconds), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (file >= 0) close(file);
  if (page == MAP_FAILED) throw HarnessError("the clock cannot be shared");
  seconds_ = static_cast<Seconds*>(page);
}

SettableClock::~SettableClock() { munmap(seconds_, sizeof(Seconds)); }

std::map<std::string, std::optional<std::string>> SettableClock::environment() const {
  return {{"LD_PRELOAD", BAOKMS_SETTABLE_CLOCK_PATH},
          {"BAOKMS_WALL_CLOCK", directory_.File("wall-clock")}};
}

}  // namespace baokms::testing
