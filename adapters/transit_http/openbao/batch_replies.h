// The reply to a Transit batch, as the replies that its items would have got alone
// (openbao-observed.md): so what reads single replies reads these, and a batch adds no second
// reading of ciphertexts, plaintexts and errors.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/model/error.h"
#include "ports/http_transport.h"

namespace baokms::adapters::transit_http {

struct BatchReplies {
  std::vector<ports::HttpReply> items;  // in order, exactly as many as were asked for
  core::OpenBaoStatus status;           // of the call as a whole: kOk when it has results for all
  std::string request_id;               // OpenBao's; empty when it gave none
};

// Results that do not fit the request (too few, too many, another order) are everybody's
// InvalidOpenBaoReply(): which item they belong to is not guessed. A reply without results is
// everybody's own.
BatchReplies ReadBatchReplies(const ports::HttpReply& reply, std::size_t items);

// For HttpRequest::judge of a batch: as JudgeReply, but results settle it whatever the status.
ports::AfterReply JudgeBatchReply(const ports::HttpReply& reply);

}  // namespace baokms::adapters::transit_http
