#include "adapters/transit_http/openbao/health_page.h"

#include "adapters/transit_http/openbao/openbao_headers.h"

namespace baokms::adapters::transit_http {
namespace {

// sys/health says so whatever state it is in.
bool LooksLikeHealth(std::string_view body) {
  return body.find("\"initialized\"") != std::string_view::npos &&
         body.find("\"sealed\"") != std::string_view::npos;
}

}  // namespace

ExpectedPage OpenBaoHealthPage() {
  return {.path = "/v1/sys/health",
          .headers = OpenBaoHeaders(/*openbao_namespace=*/""),  // it is the root namespace's
          .is_it = LooksLikeHealth};
}

}  // namespace baokms::adapters::transit_http
