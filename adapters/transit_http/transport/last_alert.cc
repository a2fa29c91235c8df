#include "adapters/transit_http/transport/last_alert.h"

#include <openssl/ssl.h>

#include <new>

namespace baokms::adapters::transit_http {
namespace {

void FreeAlert(void* /*context*/, void* alert, CRYPTO_EX_DATA* /*data*/, int /*index*/,
               long /*number*/, void* /*pointer*/) {
  delete static_cast<LastAlert*>(alert);
}

int AlertIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeAlert);
  return index;
}

void OnInfo(const SSL* ssl, int where, int value) {
  if (where != SSL_CB_READ_ALERT) return;
  constexpr int kDescription = 0xff;  // below the level
  const auto* alert =
      static_cast<const LastAlert*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), AlertIndex()));
  if (alert != nullptr) **alert = value & kDescription;
}

}  // namespace

bool ListenForAlerts(SSL_CTX* context, const LastAlert& alert) {
  auto held = std::unique_ptr<LastAlert>(new (std::nothrow) LastAlert(alert));
  if (!held || SSL_CTX_set_ex_data(context, AlertIndex(), held.get()) != 1) return false;
  (void)held.release();
  SSL_CTX_set_info_callback(context, OnInfo);
  return true;
}

}  // namespace baokms::adapters::transit_http
