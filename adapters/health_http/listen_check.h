// Whether an address of the configuration could be listened at, for `doctor`.
#pragma once

#include <optional>
#include <string_view>

#include "adapters/health_http/http_server.h"

namespace baokms::adapters::health_http {

// As HttpServer would find it now; nullopt: all of it could be bound. Listens to nothing. Asks the
// resolver for a name, which may take seconds.
std::optional<ListenProblem> FindListenProblem(std::string_view address);

}  // namespace baokms::adapters::health_http
