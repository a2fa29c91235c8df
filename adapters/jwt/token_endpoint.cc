#include "adapters/jwt/token_endpoint.h"

#include <algorithm>
#include <string_view>

namespace baokms::adapters::jwt {

TokenEndpoint TokenEndpoint::Of(const std::string& url) {
  constexpr std::string_view kScheme = "https://";
  const std::size_t end = std::min(url.find_first_of("/?", kScheme.size()), url.size());
  std::string target(url.compare(end, 1, "/") == 0 ? "" : "/");
  target += url.substr(end);
  return {.origin = url.substr(0, end), .target = std::move(target)};
}

}  // namespace baokms::adapters::jwt
