// Why no connection comes about. gRPC says that an endpoint is unavailable, and not which of a
// dozen causes it was in words that could be relied on; this looks for itself.
#pragma once

#include <openssl/ssl.h>

#include <chrono>

#include "adapters/etcd/endpoint.h"
#include "adapters/etcd/etcd_problem.h"

namespace baokms::adapters::etcd {

// Connects once, shakes hands as a client would and asks nothing. `tls` null: plain TCP. Blocks for
// twice `timeout` at most, after the name was resolved. kNotEtcd when nothing is wrong with the
// connection.
EtcdProblem WhyUnavailable(const Endpoint& endpoint, SSL_CTX* tls,
                           std::chrono::milliseconds timeout);

}  // namespace baokms::adapters::etcd
