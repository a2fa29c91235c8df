// One request from Send to its answer, and on until its last attempt has ended: a transfer reads
// the body where it lies. The I/O thread's own.
#pragma once

#include <optional>
#include <utility>

#include "ports/http_transport.h"

namespace baokms::adapters::transit_http {

class OpenRequest {
 public:
  OpenRequest(ports::HttpRequest request, ports::CompletionWith<ports::HttpOutcome> done)
      : request_(std::move(request)), done_(std::move(done)) {}

  const ports::HttpRequest& request() const { return request_; }
  bool answered() const { return !done_; }

  // What an attempt brought that did not settle the request. Once it is answered, or where another
  // attempt brought better, it is told to HttpRequest::superseded alone.
  void Keep(ports::HttpOutcome outcome);

  // Exactly one of the two, once.
  void Answer(ports::HttpOutcome outcome);
  // The best of what was kept; `otherwise` if nothing was.
  void AnswerWithBestKept(const core::Error& otherwise);

 private:
  void Supersede(const ports::HttpOutcome& outcome) const;

  ports::HttpRequest request_;
  ports::CompletionWith<ports::HttpOutcome> done_;
  std::optional<ports::HttpOutcome> kept_;
};

}  // namespace baokms::adapters::transit_http
