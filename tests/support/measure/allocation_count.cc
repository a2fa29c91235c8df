#include "tests/support/measure/allocation_count.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/harness/harness_error.h"

namespace baokms::testing {

using Count = std::atomic<std::uint64_t>;
static_assert(Count::is_always_lock_free, "it is shared between processes");

AllocationCount::AllocationCount() {
  const std::string path = directory_.Write("allocations", std::string(sizeof(Count), '\0'));
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  void* page = mmap(nullptr, sizeof(Count), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (file >= 0) close(file);
  if (page == MAP_FAILED) throw HarnessError("the count cannot be shared");
  count_ = static_cast<Count*>(page);
}

AllocationCount::~AllocationCount() { munmap(count_, sizeof(Count)); }

std::map<std::string, std::optional<std::string>> AllocationCount::environment() const {
  return {{"LD_PRELOAD", BAOKMS_COUNTED_ALLOCATIONS_PATH},
          {"BAOKMS_ALLOCATION_COUNT", directory_.File("allocations")}};
}

}  // namespace baokms::testing
