// curl's result codes in our words (wire-contract.md, "DNS / connect / TLS failure").
#pragma once

#include <curl/curl.h>

#include "core/model/error.h"

namespace baokms::adapters::transit_http {

// For a failed transfer that is still within its deadline: a curl time-out is then the connect
// time-out. `code` is not CURLE_OK.
core::OpenBaoStatus ClassifyCurlFailure(CURLcode code);

// Nothing reached the server.
bool IsConnectFailure(core::OpenBaoStatus status);

}  // namespace baokms::adapters::transit_http
