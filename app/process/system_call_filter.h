// Which system calls the process may still make, enforced by the kernel (seccomp;
// security-and-deployment.md, "Landlock and seccomp").
#pragma once

#include <cstdint>
#include <string_view>

namespace baokms::app {

enum class AllowedCalls : std::uint8_t {
  // What serving needs. Anything else fails as on a kernel that does not have it (ENOSYS), so that
  // a newer C library falls back to what it used before.
  kServing,
  // A module that only its vendor knows runs in this process: everything but running programs,
  // looking into other processes, and changing the system; those fail with EPERM.
  kForeignModule,
};

// One word for logs.
std::string_view Name(AllowedCalls allowed);

// Whether this kernel can filter; changes nothing. Any thread.
bool CanFilterSystemCalls();

// For every thread of the process, from now on; cannot be undone. Any thread, after new privileges
// have been given up (process_hardening.h). False: nothing has changed.
bool FilterSystemCalls(AllowedCalls allowed);

}  // namespace baokms::app
