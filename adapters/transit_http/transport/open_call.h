// One call from Send to its answers, and on until its last attempt has ended: a transfer reads the
// body where it lies. It begins as one request; others may join it before its first attempt
// (request-scheduling.md, "Batches"). Guarded by the loop that owns it.
#pragma once

#include <optional>
#include <vector>

#include "adapters/transit_http/sending/sending_policy.h"
#include "ports/http_transport.h"

namespace baokms::adapters::transit_http {

// A completion and what it is to be called with, once no lock is held.
struct PendingAnswer {
  ports::CompletionWith<ports::HttpOutcome> done;
  ports::HttpOutcome outcome;
};
using Answers = std::vector<PendingAnswer>;

class OpenCall {
 public:
  using RequestId = SendingPolicy::RequestId;

  OpenCall(RequestId id, ports::HttpRequest request,
           ports::CompletionWith<ports::HttpOutcome> done);

  // Both before the first attempt. What joins has a batch, the same one as this.
  void Join(OpenCall&& other);
  void Compose();

  // What its attempts send; of several requests, once they are composed.
  const ports::HttpRequest& request() const;
  std::size_t waiting() const { return waiting_; }  // requests without an answer

  // What an attempt brought that did not settle the call. Once all are answered, or where another
  // attempt brought better, it is told to `superseded` alone.
  void Keep(ports::HttpOutcome outcome);

  // Each request is answered once, by one of these: one alone, for which no attempt speaks ...
  void AnswerOne(RequestId id, const core::Error& error, Answers& out);
  // ... or all that wait, by how an attempt, or the best of what was kept, ended for each; by
  // `otherwise` if nothing was.
  void Answer(ports::HttpOutcome outcome, Answers& out);
  void AnswerWithBestKept(const core::Error& otherwise, Answers& out);

 private:
  struct Item {
    RequestId id;
    ports::HttpRequest request;
    ports::CompletionWith<ports::HttpOutcome> done;  // null: answered
  };
  void Tell(Item& item, ports::HttpOutcome outcome, Answers& out);
  void Supersede(const ports::HttpOutcome& outcome) const;

  std::vector<Item> items_;
  std::size_t waiting_ = 1;
  std::optional<ports::HttpRequest> composed_;
  std::optional<ports::HttpOutcome> kept_;
};

}  // namespace baokms::adapters::transit_http
