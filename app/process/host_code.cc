#include "app/process/host_code.h"

#ifdef BAOKMS_SELF_CONTAINED
#include <nss.h>
#include <openssl/crypto.h>

#include <initializer_list>
#endif

namespace baokms::app {

void LoadNoCodeOfTheHost() {
#ifdef BAOKMS_SELF_CONTAINED
  // "files" and "dns" are part of the C library, all others would be loaded.
  __nss_configure_lookup("hosts", "files dns");
  for (const char* database :
       {"passwd", "group", "initgroups", "services", "networks", "protocols"}) {
    __nss_configure_lookup(database, "files");
  }
  // The first call decides: gRPC's and curl's later ones find it done.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
#endif
}

}  // namespace baokms::app
