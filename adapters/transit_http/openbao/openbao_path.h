// Paths of OpenBao's API.
#pragma once

#include <string>
#include <string_view>

namespace baokms::adapters::transit_http {

// "/v1/<mount>/<operation>[/<name>]": everything but '/' between the mount's segments and the
// unreserved characters of RFC 3986 is percent-encoded, so no value can leave its place.
std::string OpenBaoPath(std::string_view mount, std::string_view operation,
                        std::string_view name = {});

}  // namespace baokms::adapters::transit_http
