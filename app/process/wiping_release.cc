// free() and realloc() that zero what they release, for every library in the process: a core image
// once held eleven copies of a plaintext in memory that gRPC had freed (libraries.md, "Process").
// Linked into executables only; sanitizer builds keep their own. In a shared build these
// definitions take precedence over the C library's; in a static one the linker sends every call of
// free() and realloc() to __wrap_free() and __wrap_realloc() (--wrap).
#include <malloc.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

extern "C" {

// NOLINTBEGIN(bugprone-reserved-identifier): glibc's own names for what is replaced here
void* __libc_malloc(std::size_t size);
void __libc_free(void* memory);
#ifdef BAOKMS_SELF_CONTAINED
#define free __wrap_free
#define realloc __wrap_realloc
#endif
// NOLINTEND(bugprone-reserved-identifier)

void free(void* memory) {
  if (memory == nullptr) return;
  const int kept_errno = errno;
  explicit_bzero(memory, malloc_usable_size(memory));
  __libc_free(memory);
  errno = kept_errno;
}

void* realloc(void* memory, std::size_t size) {
  if (memory == nullptr) return __libc_malloc(size);
  if (size == 0) {
    free(memory);
    return nullptr;
  }
  const std::size_t old_size = malloc_usable_size(memory);
  // Shrinking or staying in place keeps the block; its tail goes to zero with the rest of it.
  if (size <= old_size && size >= old_size / 2) return memory;
  void* moved = __libc_malloc(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, memory, size < old_size ? size : old_size);
  free(memory);
  return moved;
}

}  // extern "C"
