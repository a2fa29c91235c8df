#include "adapters/transit_http/transport/transfer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "adapters/transit_http/transport/curl_failure.h"
#include "adapters/transit_http/transport/presented_identity.h"
#include "core/text/base64.h"

namespace baokms::adapters::transit_http {
namespace {

// All header lines of one reply together; OpenBao's are some 300 bytes.
constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
// A dead peer is found out within some 10 s, whether we have sent it something or not.
constexpr long kKeepAliveIdleSeconds = 5;
constexpr long kKeepAliveProbeSeconds = 2;
constexpr unsigned int kUnacknowledgedMilliseconds = 9'000;

long CeilMilliseconds(core::Duration duration) {
  return static_cast<long>(
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::milliseconds>(duration).count()));
}

template <typename T>
void Set(CURL* easy, CURLoption option, T value) {
  // Every option used is a compiled-in one with a valid value: only memory can be missing.
  if (curl_easy_setopt(easy, option, value) != CURLE_OK) throw std::bad_alloc();
}

// What is outside the blocks of a PEM text says nothing, but curl takes two transfers for alike
// only if these texts are: so connections that presented an identity are shared by its requests
// alone.
std::shared_ptr<const std::string> MarkedWith(const core::ClientIdentity& identity,
                                              const std::string& ca_pem) {
  auto marked = std::make_shared<std::string>(ca_pem);
  for (const std::string& der : identity.chain_der) {
    marked->append("presents ").append(core::Base64Encode(der)).append("\n");
  }
  return marked;
}

int SetUserTimeout(void* /*unused*/, curl_socket_t socket, curlsocktype /*purpose*/) {
  // Where it fails, connections live as long as the system lets them.
  setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnacknowledgedMilliseconds,
             sizeof(kUnacknowledgedMilliseconds));
  return CURL_SOCKOPT_OK;
}

// A list that is built anew for each request; its texts are only read.
char* ForCurl(const std::string& text) { return const_cast<char*>(text.data()); }

const std::string kNoContinue = "Expect:";  // no 100-continue round trip

}  // namespace

Transfer::Transfer(const TransferSettings& settings)
    : settings_(settings), easy_(curl_easy_init()) {
  if (!easy_) throw std::bad_alloc();
  SetForAll();
}

Transfer::~Transfer() = default;

void Transfer::Begin(const ports::HttpRequest& request, const TransferTarget& target,
                     std::shared_ptr<const std::string> ca_pem, core::Duration time_left) {
  SetWay({.address = &target.address,
          .ip = target.ip,
          .ca_pem = std::move(ca_pem),
          .identity = request.identity ? request.identity : target.identity,
          .own_connection = request.identity != nullptr,
          .tls_sessions = target.tls_sessions});
  CURL* easy = easy_.get();
  const bool fresh = target.fresh_connection || way_.own_connection;
  Set(easy, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
  Set(easy, CURLOPT_MAXAGE_CONN, static_cast<long>(target.max_idle_connection.count()));
  Set(easy, CURLOPT_CONNECTTIMEOUT_MS, CeilMilliseconds(time_left / 3));
  SetRequest(request);
}

void Transfer::End() {
  CURL* easy = easy_.get();
  // curl keeps no bytes of the exchange; these point to the request's.
  Set(easy, CURLOPT_POSTFIELDS, "");
  Set(easy, CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
  headers_.clear();
  credential_line_ = {};
  (void)body_.Take();  // the beginning of a reply that came to nothing
  alert_.reset();
  if (way_.identity) way_ = {};  // its key may be renewed or withdrawn
}

// What neither the way nor the request changes.
void Transfer::SetForAll() {
  CURL* easy = easy_.get();
  Set(easy, CURLOPT_PATH_AS_IS, 1L);
  Set(easy, CURLOPT_USERAGENT, "bao-kms-provider");
  // The bundle alone is trusted; the default CAPATH would let the system's authorities in
  // (libraries.md, "libcurl").
  Set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  Set(easy, CURLOPT_CAINFO, static_cast<const char*>(nullptr));
  Set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  Set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  Set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));

  // One HTTPS server, no redirects.
  Set(easy, CURLOPT_PROTOCOLS_STR, "https");
  Set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  Set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(easy, CURLOPT_HTTP09_ALLOWED, 0L);

  // The smallest that curl takes, and what one TLS record holds. Its own 64 KiB would be allocated,
  // and wiped, for every call.
  Set(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16L * 1024);

  Set(easy, CURLOPT_NOSIGNAL, 1L);
  Set(easy, CURLOPT_TCP_NODELAY, 1L);
  Set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  Set(easy, CURLOPT_TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  Set(easy, CURLOPT_TCP_KEEPINTVL, kKeepAliveProbeSeconds);
  Set(easy, CURLOPT_SOCKOPTFUNCTION, &SetUserTimeout);

  // Neither the environment's proxy nor its no_proxy counts. A proxy sees none of the request's
  // headers, and its own are no part of the reply.
  Set(easy, CURLOPT_NOPROXY, "");
  Set(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
  Set(easy, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  Set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

  Set(easy, CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
  Set(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
  Set(easy, CURLOPT_HEADERFUNCTION, &Transfer::OnHeader);
  Set(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
  Set(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  Set(easy, CURLOPT_SSL_CTX_FUNCTION, &Transfer::OnTlsContext);
  Set(easy, CURLOPT_SSL_CTX_DATA, static_cast<void*>(this));
}

void Transfer::SetWay(Way way) {
  if (way == way_) return;
  way_ = std::move(way);
  SetPlace();
  SetTrust();
}

// Straight to the IP address, or through the proxy there, which looks up the server's name itself.
void Transfer::SetPlace() {
  CURL* easy = easy_.get();
  const std::optional<ProxyAddress>& proxy = settings_.proxy;
  const std::string& place = proxy ? way_.address->host : way_.ip;
  connect_to_.reset(curl_slist_append(nullptr, way_.address->ConnectTo(place).c_str()));
  if (!connect_to_) throw std::bad_alloc();
  Set(easy, CURLOPT_CONNECT_TO, connect_to_.get());
  Set(easy, CURLOPT_PROXY, proxy ? proxy->UrlAt(way_.ip).c_str() : "");
}

// Neither curl's reuse nor its TLS sessions look at what a connection presented (libraries.md,
// "libcurl"): one of its own, from handshake to close, or one whose authorities are marked.
void Transfer::SetTrust() {
  CURL* easy = easy_.get();
  const bool marked = way_.identity && !way_.own_connection;
  trusted_pem_ = marked ? MarkedWith(*way_.identity, *way_.ca_pem) : way_.ca_pem;
  // curl reads `data` only; the flag says that it must not copy it.
  curl_blob ca{ForCurl(*trusted_pem_), trusted_pem_->size(), CURL_BLOB_NOCOPY};
  Set(easy, CURLOPT_CAINFO_BLOB, &ca);
  Set(easy, CURLOPT_SSL_SESSIONID_CACHE, way_.identity ? 0L : 1L);
  Set(easy, CURLOPT_FORBID_REUSE, way_.own_connection ? 1L : 0L);
  Set(easy, CURLOPT_SHARE, way_.tls_sessions);
}

void Transfer::SetRequest(const ports::HttpRequest& request) {
  CURL* easy = easy_.get();
  max_reply_bytes_ = request.max_reply_bytes;
  max_error_bytes_ = request.max_error_bytes;
  header_bytes_ = 0;
  headers_complete_ = over_bound_ = false;
  error_text_.front() = '\0';
  Set(easy, CURLOPT_URL, (way_.address->url_prefix + request.path).c_str());
  if (request.method == ports::HttpMethod::kPost) {
    Set(easy, CURLOPT_POST, 1L);
    const std::string_view body = request.body.ExposeSecret();
    // Not copied. A null pointer would make curl ask a read callback.
    Set(easy, CURLOPT_POSTFIELDS, body.empty() ? "" : body.data());
    Set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  } else {
    Set(easy, CURLOPT_HTTPGET, 1L);
  }
  SetHeaders(request);
}

void Transfer::SetHeaders(const ports::HttpRequest& request) {
  headers_.clear();
  headers_.push_back({ForCurl(kNoContinue), nullptr});
  for (const std::string& line : settings_.headers) headers_.push_back({ForCurl(line), nullptr});
  const std::string& host = way_.address->host_header;
  if (!host.empty()) headers_.push_back({ForCurl(host), nullptr});
  const std::string_view credential = request.credential_header.ExposeSecret();
  if (!credential.empty()) {
    // With the terminating zero that curl looks for.
    credential_line_ = core::Secret::OfSize(credential.size() + 1);
    char* line = credential_line_.MutableBytes().data();
    std::ranges::copy(credential, line);
    headers_.push_back({line, nullptr});
  }
  for (std::size_t i = 0; i + 1 < headers_.size(); ++i) headers_[i].next = &headers_[i + 1];
  Set(easy_.get(), CURLOPT_HTTPHEADER, headers_.data());
}

// Before the handshake of a connection that this exchange opens.
CURLcode Transfer::OnTlsContext(CURL* /*easy*/, void* context, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  auto* tls = static_cast<SSL_CTX*>(context);
  try {
    transfer->alert_ = std::make_shared<TlsWords>();
  } catch (const std::bad_alloc&) {
    return CURLE_OUT_OF_MEMORY;
  }
  if (!ListenForAlerts(tls, transfer->alert_)) return CURLE_OUT_OF_MEMORY;
  const core::ClientIdentityRef& identity = transfer->way_.identity;
  return !identity || PresentClientIdentity(tls, *identity) ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

core::Error Transfer::WhyFailed(CURLcode code) const {
  long verify_result = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_SSL_VERIFYRESULT, &verify_result);
  long proxy_status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  long connects = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &connects);
  return ErrorOf({.code = code,
                  .verify_result = verify_result,
                  .text = error_text_.data(),
                  .alert = alert_ ? alert_->alert : 0,
                  .asked_in_vain = alert_ && alert_->asked_in_vain,
                  .presented = way_.identity != nullptr,
                  .reused = connects == 0,
                  .heard = heard(),
                  .proxied = settings_.proxy.has_value(),
                  .proxy_status = proxy_status});
}

int Transfer::http_status() const {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

std::string Transfer::content_type() const {
  const char* type = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_TYPE, &type);
  return type == nullptr ? std::string() : type;
}

std::size_t Transfer::OnBody(char* data, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const int status = transfer->http_status();
  const std::size_t limit =
      status >= 200 && status <= 299 ? transfer->max_reply_bytes_ : transfer->max_error_bytes_;
  try {
    if (transfer->body_.Append({data, size * count}, limit)) return size * count;
    transfer->over_bound_ = true;
    return 0;
  } catch (const std::bad_alloc&) {
    return 0;  // curl is C: nothing may be thrown through it
  }
}

std::size_t Transfer::OnHeader(char* data, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const std::string_view line(data, size * count);
  // An interim 1xx reply is followed by another status line; trailers are not.
  if (line.starts_with("HTTP/")) transfer->headers_complete_ = false;
  if (line == "\r\n" || line == "\n") transfer->headers_complete_ = true;
  transfer->header_bytes_ += line.size();
  transfer->over_bound_ = transfer->header_bytes_ > kMaxHeaderBytes;
  return transfer->over_bound_ ? 0 : line.size();
}

}  // namespace baokms::adapters::transit_http
