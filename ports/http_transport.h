// HTTPS to one cluster (or, for OAuth2, one server): TLS rules, bounded bodies, failover. Knows
// nothing of what the bodies mean beyond what failover needs.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/model/client_identity.h"
#include "core/model/secret.h"
#include "core/model/time.h"
#include "ports/completion.h"

namespace baokms::ports {

enum class HttpMethod { kGet, kPost };

struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  std::string path;  // below the server's address, escaped already: "/v1/..."
  core::Secret body;
  core::Secret credential_header;  // "Name: value" beside the transport's own headers; empty: none
  // Presented over a connection of this request's own. Null: no client certificate.
  core::ClientIdentityRef identity;
  std::size_t max_reply_bytes = 256 * 1024;  // of a 2xx reply
  std::size_t max_error_bytes = 64 * 1024;   // of any other
  core::MonotonicTime deadline;
};

struct HttpReply {
  int status = 0;
  std::string content_type;  // as the server wrote it; empty without one
  core::Secret body;
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  // Any thread, never blocks. A reply of any status completes with a value; a body over its bound
  // completes with OversizeReply(), a cut one, or none at all, with OpenBaoFailure(kUnavailable,
  // kConnectionFailed, kTlsFailed, kDnsFailed, ...), past the deadline with DeadlineExceeded().
  virtual std::unique_ptr<PendingCall> Send(HttpRequest request, Completion<HttpReply> done) = 0;
};

}  // namespace baokms::ports
