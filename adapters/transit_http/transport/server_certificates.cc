#include "adapters/transit_http/transport/server_certificates.h"

#include <curl/curl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <memory>
#include <string>

#include "adapters/openssl/certificate_times.h"
#include "adapters/openssl/owners.h"
#include "adapters/transit_http/transport/ca_bundle.h"
#include "adapters/transit_http/transport/name_lookup.h"
#include "adapters/transit_http/transport/server_address.h"

namespace baokms::adapters::transit_http {
namespace {

using openssl::BioPtr;
using openssl::FreeWith;
using openssl::X509Ptr;
using EasyPtr = std::unique_ptr<CURL, FreeWith<curl_easy_cleanup>>;
using ListPtr = std::unique_ptr<curl_slist, FreeWith<curl_slist_free_all>>;
using StorePtr = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;

// Of the CA file's certificates; as curl does, one of them need not be a root. What has expired
// still vouches here: that it has is what is asked.
StorePtr TrustedStore(const std::string& pem) {
  StorePtr store(X509_STORE_new());
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!store || !in) return nullptr;
  while (const X509Ptr certificate{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) return nullptr;
  }
  ERR_clear_error();  // the end of the text is one
  X509_STORE_set_flags(store.get(), X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
  return store;
}

std::optional<core::UnixSeconds> AuthorityExpiry(X509* leaf, STACK_OF(X509) * sent,
                                                 X509_STORE* trusted) {
  const StoreContextPtr context(X509_STORE_CTX_new());
  if (!context || X509_STORE_CTX_init(context.get(), trusted, leaf, sent) != 1 ||
      X509_verify_cert(context.get()) != 1) {
    return std::nullopt;
  }
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context.get());
  std::optional<core::UnixSeconds> first;
  // A leaf that is in the CA file itself is its own authority.
  const int count = sk_X509_num(chain);
  for (int at = count == 1 ? 0 : 1; at < count; ++at) {
    const auto expires_at = openssl::SecondsOf(X509_get0_notAfter(sk_X509_value(chain, at)));
    if (!expires_at) return std::nullopt;
    first = std::min(first.value_or(*expires_at), *expires_at);
  }
  return first;
}

// What a handshake brings; the server's certificate comes before anything can be refused.
struct Seen {
  X509_STORE* trusted = nullptr;
  std::optional<ServerCertificates> certificates;
};

int OnCertificate(X509_STORE_CTX* context, void* argument) {
  auto* seen = static_cast<Seen*>(argument);
  X509* leaf = X509_STORE_CTX_get0_cert(context);
  const auto expires_at =
      leaf == nullptr ? std::nullopt : openssl::SecondsOf(X509_get0_notAfter(leaf));
  if (expires_at) {
    seen->certificates = {.leaf_expires_at = *expires_at,
                          .authority_expires_at = AuthorityExpiry(
                              leaf, X509_STORE_CTX_get0_untrusted(context), seen->trusted)};
  }
  ERR_clear_error();
  return 1;  // nothing is sent over the connection
}

CURLcode OnTlsContext(CURL* /*easy*/, void* context, void* seen) {
  SSL_CTX_set_cert_verify_callback(static_cast<SSL_CTX*>(context), &OnCertificate, seen);
  return CURLE_OK;
}

std::expected<ServerCertificates, NoCertificates> Handshake(const ServerAddress& address,
                                                            const std::string& ip,
                                                            std::chrono::nanoseconds timeout,
                                                            X509_STORE* trusted) {
  const EasyPtr easy(curl_easy_init());
  const ListPtr place(curl_slist_append(nullptr, address.ConnectTo(ip).c_str()));
  if (!easy || !place) return std::unexpected(NoCertificates::kConnectionFailed);
  Seen seen{.trusted = trusted, .certificates = {}};
  const auto set = [&easy](CURLoption option, auto value) {
    return curl_easy_setopt(easy.get(), option, value) == CURLE_OK;
  };
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  const bool ready = set(CURLOPT_URL, address.url_prefix.c_str()) &&
                     set(CURLOPT_CONNECT_TO, place.get()) && set(CURLOPT_PROTOCOLS_STR, "https") &&
                     set(CURLOPT_CONNECT_ONLY, 1L) && set(CURLOPT_PROXY, "") &&
                     set(CURLOPT_NOPROXY, "*") && set(CURLOPT_NOSIGNAL, 1L) &&
                     set(CURLOPT_TIMEOUT_MS, static_cast<long>(milliseconds)) &&
                     set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) &&
                     set(CURLOPT_SSL_VERIFYPEER, 0L) && set(CURLOPT_SSL_VERIFYHOST, 0L) &&
                     set(CURLOPT_SSL_CTX_FUNCTION, &OnTlsContext) &&
                     set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(&seen));
  if (!ready) return std::unexpected(NoCertificates::kConnectionFailed);
  const CURLcode code = curl_easy_perform(easy.get());
  if (seen.certificates) return *seen.certificates;
  return std::unexpected(code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT
                             ? NoCertificates::kConnectionFailed
                             : NoCertificates::kNoTls);
}

using ReadCertificates = std::expected<ServerCertificates, NoCertificates>;

// What ends first of all that the name's IP addresses show; nothing but when none shows any.
ReadCertificates FirstToExpire(const ServerAddress& address, const std::vector<std::string>& ips,
                               std::chrono::nanoseconds timeout, X509_STORE* trusted) {
  const auto first_end = [](const ServerCertificates& seen) {
    return std::min(seen.leaf_expires_at, seen.authority_expires_at.value_or(seen.leaf_expires_at));
  };
  ReadCertificates first = std::unexpected(NoCertificates::kDnsFailed);
  for (const std::string& ip : ips) {
    ReadCertificates seen = Handshake(address, ip, timeout, trusted);
    if (!first || (seen && first_end(*seen) < first_end(*first))) first = std::move(seen);
  }
  return first;
}

}  // namespace

std::expected<std::vector<std::expected<ServerCertificates, NoCertificates>>, TransportProblem>
ReadServerCertificates(const TransportOptions& options, std::chrono::nanoseconds timeout,
                       const ports::FileReader& files, ports::Telemetry& telemetry) {
  const auto ca = CaBundle::Load(options.ca_file, files, telemetry);
  if (!ca) return std::unexpected(TransportProblem::kBadCaFile);
  const StorePtr trusted = TrustedStore(*ca->Current({}));
  if (!trusted) return std::unexpected(TransportProblem::kNoResources);
  std::vector<std::expected<ServerCertificates, NoCertificates>> found;
  for (const std::string& url : options.addresses) {
    const auto address = ServerAddress::Parse(url, options.tls_server_name);
    if (!address) return std::unexpected(TransportProblem::kBadAddress);
    const IpAddresses ips = LookUpWithBound(options.lookup, address->host);
    found.push_back(
        FirstToExpire(*address, ips.value_or(std::vector<std::string>()), timeout, trusted.get()));
  }
  return found;
}

}  // namespace baokms::adapters::transit_http
