// sys/health, by which OpenBao is told from other servers.
#pragma once

#include "adapters/transit_http/transport/tls_probe.h"

namespace baokms::adapters::transit_http {

ExpectedPage OpenBaoHealthPage();

}  // namespace baokms::adapters::transit_http
