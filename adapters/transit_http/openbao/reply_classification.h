// What an HTTP reply of OpenBao means (wire-contract.md, "gRPC status and error class").
#pragma once

#include <string_view>

#include "core/model/error.h"

namespace baokms::adapters::transit_http {

// By status and text; kOk for 200 and 204 alone. Never reads the body of those two.
core::OpenBaoStatus ClassifyReply(int http_status, std::string_view body);

// Another node of the cluster may answer where this one did not: sealed, a redirect, or a standby
// that reaches no active node (configuration-and-cli.md, openbao.failoverAddresses).
bool AnotherNodeMayAnswer(int http_status, std::string_view body);

// 500 "missing name in alias": a certificate without a Common Name (openbao-observed.md).
bool IsMissingAliasName(int http_status, std::string_view body);

}  // namespace baokms::adapters::transit_http
