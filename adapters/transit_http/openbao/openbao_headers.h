// The headers that OpenBao expects of a client.
#pragma once

#include <string>
#include <vector>

#include "core/model/openbao_token.h"
#include "core/model/secret.h"

namespace baokms::adapters::transit_http {

// Those of every request. An empty namespace is the root namespace.
std::vector<std::string> OpenBaoHeaders(const std::string& openbao_namespace);
// The one that shows the token.
core::Secret OpenBaoTokenHeader(const core::HeldToken& token);

}  // namespace baokms::adapters::transit_http
