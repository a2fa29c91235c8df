// malloc and its kind as a preloaded library: each call is counted in the file named by
// BAOKMS_ALLOCATION_COUNT (eight bytes, as allocation_count.h reads them). operator new calls
// malloc. The executable's own realloc (app/process/wiping_release.cc) takes new memory from
// __libc_malloc, so that is counted as well.
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): glibc's own names
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
// NOLINTEND(bugprone-reserved-identifier)
}

namespace {

using Count = std::atomic<std::uint64_t>;

// Until the file is mapped, and without one.
Count nobody_reads = 0;
std::atomic<Count*> count = &nobody_reads;

__attribute__((constructor)) void Map() {
  const char* path = std::getenv("BAOKMS_ALLOCATION_COUNT");
  if (path == nullptr) return;
  const int file = open(path, O_RDWR | O_CLOEXEC);
  void* page = mmap(nullptr, sizeof(Count), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (page == MAP_FAILED) std::abort();
  close(file);
  count = static_cast<Count*>(page);
}

void CountOne() { count.load(std::memory_order_relaxed)->fetch_add(1, std::memory_order_relaxed); }

}  // namespace

extern "C" {

// An alignment that every block has makes memalign the same as malloc.
void* __libc_malloc(size_t size) {  // NOLINT(bugprone-reserved-identifier)
  CountOne();
  return __libc_memalign(alignof(max_align_t), size);
}

void* malloc(size_t size) noexcept { return __libc_malloc(size); }

void* calloc(size_t number, size_t size) noexcept {
  CountOne();
  return __libc_calloc(number, size);
}

void* realloc(void* memory, size_t size) noexcept {
  CountOne();
  return __libc_realloc(memory, size);
}

void* memalign(size_t alignment, size_t size) noexcept {
  CountOne();
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(size_t alignment, size_t size) noexcept {
  CountOne();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, size_t alignment, size_t size) noexcept {
  CountOne();
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

}  // extern "C"
