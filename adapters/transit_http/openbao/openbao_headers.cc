#include "adapters/transit_http/openbao/openbao_headers.h"

#include <algorithm>
#include <string_view>

namespace baokms::adapters::transit_http {
namespace {

constexpr std::string_view kTokenHeader = "X-Vault-Token: ";

}  // namespace

std::vector<std::string> OpenBaoHeaders(const std::string& openbao_namespace) {
  std::vector<std::string> headers{"Content-Type: application/json", "Accept: application/json",
                                   "X-Vault-Request: true"};
  if (!openbao_namespace.empty()) headers.push_back("X-Vault-Namespace: " + openbao_namespace);
  return headers;
}

core::Secret OpenBaoTokenHeader(const core::HeldToken& token) {
  const std::string_view value = token.value.ExposeSecret();
  core::Secret header = core::Secret::OfSize(kTokenHeader.size() + value.size());
  char* next = std::ranges::copy(kTokenHeader, header.MutableBytes().data()).out;
  std::ranges::copy(value, next);
  return header;
}

}  // namespace baokms::adapters::transit_http
