// HTTPS to one cluster (or, for OAuth2, one server): TLS rules, bounded bodies, attempts at its
// addresses (request-scheduling.md). Knows nothing of what the bodies mean: whether a reply settles
// a request, the request itself judges.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/model/client_identity.h"
#include "core/model/lane.h"
#include "core/model/secret.h"
#include "core/model/time.h"
#include "ports/completion.h"

namespace baokms::ports {

enum class HttpMethod { kGet, kPost };

struct HttpReply {
  int status = 0;
  std::string content_type;  // as the server wrote it; empty without one
  core::Secret body;
};

// What a reply says about further attempts of its request.
enum class AfterReply : std::uint8_t {
  kSettled,       // it is the answer
  kTryElsewhere,  // only another address may do better
  kTryAgain,      // this address may do better, too
};

// How a request, or one of its attempts, ended.
struct HttpOutcome {
  core::Result<HttpReply> reply;
  // How long the attempt ran that brought it. None: no attempt did, the request never left.
  std::optional<core::Duration> took;
};

class HttpBatch;

// Requests are repeatable: one may be sent more than once, at the same time, too.
struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  std::string path;  // below the server's address, escaped already: "/v1/..."
  core::Secret body;
  core::Secret credential_header;  // "Name: value" beside the transport's own headers; empty: none
  // Presented over a connection of this request's own. Null: no client certificate.
  core::ClientIdentityRef identity;
  // Without `identity`: presented where the server lets nobody in without, over connections that
  // requests with the same one share. Null: none is.
  core::ClientIdentityRef identity_if_wanted;
  std::size_t max_reply_bytes = 256 * 1024;  // of a 2xx reply
  std::size_t max_error_bytes = 64 * 1024;   // of any other
  core::MonotonicTime deadline;
  core::Lane lane = core::Lane::kProbe;
  // Null: every reply settles the request. Under the transport's lock.
  AfterReply (*judge)(const HttpReply& reply) = nullptr;
  // Told of each attempt that did not become the request's answer, before or after the completion.
  // May be empty. Under the transport's lock; does not block, throw, or call the transport.
  std::function<void(const HttpOutcome&)> superseded;
  // Requests of one lane, batch and group differ in their bodies alone and may leave in one call.
  // Null: this one always has a call of its own.
  std::shared_ptr<const HttpBatch> batch;
  std::uint64_t batch_group = 0;
};

// How several requests share one call (request-scheduling.md, "Batches"). Under the transport's
// lock; does not block or call the transport.
class HttpBatch {
 public:
  virtual ~HttpBatch() = default;
  // The one request that carries `requests`, two or more, in their order, but for its deadline.
  virtual HttpRequest Compose(std::span<const HttpRequest* const> requests) const = 0;
  // How the call ended for each of its `items` requests, in their order and exactly as many: what
  // it would have been told alone. No `took` among them: what `call` took is counted here.
  virtual std::vector<HttpOutcome> Share(HttpOutcome call, std::size_t items) const = 0;
  // HttpRequest::superseded, of an attempt that carried `items`.
  virtual void Superseded(const HttpOutcome& attempt, std::size_t items) const = 0;
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  // Any thread, never blocks. A reply of any status completes with a value; a body over its bound
  // completes with OversizeReply(), a cut one, or none at all, with OpenBaoFailure(kUnavailable,
  // kConnectionFailed, kTlsFailed, kDnsFailed, ...), past the deadline with DeadlineExceeded(), and
  // one that could not be answered in time with ConcurrencyLimit().
  virtual std::unique_ptr<PendingCall> Send(HttpRequest request,
                                            CompletionWith<HttpOutcome> done) = 0;
};

}  // namespace baokms::ports
