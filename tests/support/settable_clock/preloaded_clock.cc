// clock_gettime as a preloaded library: CLOCK_REALTIME stands at the seconds that the file named by
// BAOKMS_WALL_CLOCK holds (eight bytes, as settable_clock.h writes them); other clocks go on.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

using Seconds = std::atomic<std::int64_t>;

const Seconds* Map() {
  const char* path = std::getenv("BAOKMS_WALL_CLOCK");
  const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  void* page = mmap(nullptr, sizeof(Seconds), PROT_READ, MAP_SHARED, file, 0);
  if (page == MAP_FAILED) std::abort();
  close(file);
  return static_cast<const Seconds*>(page);
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static const Seconds* const wall = Map();
  if (clock != CLOCK_REALTIME) return static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  now->tv_sec = wall->load();
  now->tv_nsec = 0;
  return 0;
}
