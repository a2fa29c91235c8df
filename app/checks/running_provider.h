// The provider that runs on this node, asked: its /ready and Status over the socket.
#pragma once

#include <optional>
#include <string>

#include "adapters/grpc_kms/kms_socket_client.h"
#include "adapters/health_http/page_client.h"
#include "app/checks/check_report.h"
#include "core/model/configuration.h"

namespace baokms::app {

struct ProviderAnswers {
  // Not asked while nobody listens at the socket.
  std::optional<adapters::grpc_kms::SocketReply<adapters::grpc_kms::SocketStatus>> status;
  // None: /ready is switched off, at a port that is not known, or not answered.
  std::optional<adapters::health_http::Page> ready;
};

// Blocks for a few seconds at most.
ProviderAnswers AskProvider(const core::ServerConfiguration& server, bool listens);

// What the answers of a provider that runs mean.
CheckResult JudgeProvider(const ProviderAnswers& answers);

// Whether the address is one that can be asked: neither off nor at a port that the kernel chose.
bool HasKnownPort(const std::string& address);

}  // namespace baokms::app
