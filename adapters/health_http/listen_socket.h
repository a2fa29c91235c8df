// A listening TCP socket for an address of the configuration.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "adapters/health_http/http_server.h"
#include "adapters/posix/descriptor.h"

namespace baokms::adapters::health_http {

struct ListenSocket {
  posix::Descriptor descriptor;  // non-blocking, closed on exec
  std::uint16_t port = 0;
};

// May ask the resolver when the host is a name.
std::expected<ListenSocket, ListenProblem> OpenListenSocket(std::string_view address);

std::string_view AdviceFor(ListenProblem problem);

}  // namespace baokms::adapters::health_http
