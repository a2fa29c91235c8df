#include "app/process/process_hardening.h"

#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace baokms::app {
namespace {

// Room for every concurrent request's plaintext, the tokens and the credential.
constexpr std::size_t kSecretBytes = std::size_t{1} << 20U;
constexpr std::size_t kSmallestSecret = 32;

}  // namespace

void GiveUpDumpsAndPrivileges() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

bool LockSecretMemory() {
  // 1: locked; 2: allocated, but a protection failed; 0: nothing.
  return CRYPTO_secure_malloc_init(kSecretBytes, kSmallestSecret) == 1;
}

}  // namespace baokms::app
