#include "app/process/start_pages.h"

#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace baokms::app {
namespace {

// Whether the loader has written addresses into the object's code; no library of Debian needs it.
bool HasRelocatedCode(const dl_phdr_info& object) {
  for (ElfW(Half) i = 0; i < object.dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = object.dlpi_phdr[i];
    if (header.p_type != PT_DYNAMIC) continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader gives addresses as numbers
    const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(object.dlpi_addr + header.p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry) {
      if (entry->d_tag == DT_TEXTREL) return true;
      if (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0) return true;
    }
  }
  return false;
}

// Of the kernel, not of a file.
bool IsVdso(const dl_phdr_info& object) {
  const std::uintptr_t vdso = getauxval(AT_SYSINFO_EHDR);
  for (ElfW(Half) i = 0; i < object.dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = object.dlpi_phdr[i];
    if (header.p_type != PT_LOAD) continue;
    const std::uintptr_t begin = object.dlpi_addr + header.p_vaddr;
    if (vdso >= begin && vdso < begin + header.p_memsz) return true;
  }
  return false;
}

}  // namespace

StartPages::StartPages() {
  const auto remember = [](dl_phdr_info* object, std::size_t /*size*/, void* self) {
    if (IsVdso(*object) || HasRelocatedCode(*object)) return 0;
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    for (ElfW(Half) i = 0; i < object->dlpi_phnum; ++i) {
      const ElfW(Phdr)& header = object->dlpi_phdr[i];
      // What is read-only after relocation (RELRO) belongs to a writable segment.
      if (header.p_type != PT_LOAD || (header.p_flags & PF_W) != 0) continue;
      const std::uintptr_t segment = object->dlpi_addr + header.p_vaddr;
      const std::uintptr_t begin = segment / page * page;
      const std::uintptr_t end = (segment + header.p_filesz + page - 1) / page * page;
      // NOLINTNEXTLINE(performance-no-int-to-ptr): as above
      static_cast<StartPages*>(self)->ranges_.push_back(
          {reinterpret_cast<void*>(begin), end - begin});
    }
    return 0;
  };
  dl_iterate_phdr(remember, this);
}

void StartPages::GiveBack() const {
  for (const Range& range : ranges_) madvise(range.begin, range.bytes, MADV_DONTNEED);
}

}  // namespace baokms::app
