#include "app/process/system_random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace baokms::app {

void SystemRandom::Fill(std::span<char> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) std::abort();  // only on a kernel without the call
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace baokms::app
