// What an HTTP reply of OpenBao means (wire-contract.md, "gRPC status and error class").
#pragma once

#include <string_view>

#include "core/model/error.h"
#include "ports/http_transport.h"

namespace baokms::adapters::transit_http {

// By status and text; kOk for 200 and 204 alone. Never reads the body of those two. A 4xx that is
// not OpenBao's is kUnavailable, whatever its number, 429 excepted.
core::OpenBaoStatus ClassifyReply(int http_status, std::string_view body);

// An error reply whose JSON has `errors`, as all of OpenBao's have. Anything else comes from
// something in front of it (request-scheduling.md, "Denials").
bool IsOpenBaoError(std::string_view body);

// For HttpRequest::judge: a sealed node, a standby and a proxy that reaches no node say nothing
// about the request (request-scheduling.md, "Attempts").
ports::AfterReply JudgeReply(const ports::HttpReply& reply);

bool IsRedirect(int http_status);
// The redirects by which a standby node names the active one. OpenBao has no others.
bool IsStandbyRedirect(int http_status);

// A certificate login in which OpenBao saw no certificate.
bool IsMissingCertificate(int http_status, std::string_view body);

// 500 "missing name in alias": a certificate without a Common Name (openbao-observed.md).
bool IsMissingAliasName(int http_status, std::string_view body);

}  // namespace baokms::adapters::transit_http
