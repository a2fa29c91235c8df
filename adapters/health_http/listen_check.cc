#include "adapters/health_http/listen_check.h"

#include <utility>

#include "adapters/health_http/listen_address.h"
#include "adapters/health_http/listening_sockets.h"

namespace baokms::adapters::health_http {

std::optional<ListenProblem> FindListenProblem(std::string_view address) {
  auto targets = ResolveListenAddress(address);
  if (!targets) return targets.error();
  ListeningSockets sockets(Listening::kNever);
  sockets.Aim(*std::move(targets));
  return sockets.Bind();
}

}  // namespace baokms::adapters::health_http
