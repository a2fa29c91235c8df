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

TlsWords* WordsOf(const SSL* ssl) {
  const auto* alert =
      static_cast<const LastAlert*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), AlertIndex()));
  return alert == nullptr ? nullptr : alert->get();
}

// Called where the context has no certificate.
int OnCertificateRequest(SSL* ssl, X509** /*certificate*/, EVP_PKEY** /*key*/) {
  if (TlsWords* words = WordsOf(ssl)) words->asked_in_vain = true;
  return 0;  // none
}

void OnInfo(const SSL* ssl, int where, int value) {
  if (where != SSL_CB_READ_ALERT) return;
  constexpr int kDescription = 0xff;  // below the level
  if (TlsWords* words = WordsOf(ssl)) words->alert = value & kDescription;
}

}  // namespace

bool ListenForAlerts(SSL_CTX* context, const LastAlert& alert) {
  auto held = std::unique_ptr<LastAlert>(new (std::nothrow) LastAlert(alert));
  if (!held || SSL_CTX_set_ex_data(context, AlertIndex(), held.get()) != 1) return false;
  (void)held.release();
  SSL_CTX_set_info_callback(context, OnInfo);
  SSL_CTX_set_client_cert_cb(context, OnCertificateRequest);
  return true;
}

}  // namespace baokms::adapters::transit_http
