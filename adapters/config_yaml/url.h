// URL rules of configuration-and-cli.md. The text is taken apart, never rewritten.
#pragma once

#include <string_view>

#include "adapters/config_yaml/text_rules.h"

namespace baokms::adapters::config_yaml {

// https, a host, no user info, query or fragment.
Complaint CheckHttpsAddress(std::string_view text);
// https, a host, no user info or fragment.
Complaint CheckTokenUrl(std::string_view text);
// http://host:port alone.
Complaint CheckProxyUrl(std::string_view text);
// RFC 8707: absolute URI, no user info or fragment.
Complaint CheckResourceUri(std::string_view text);

}  // namespace baokms::adapters::config_yaml
