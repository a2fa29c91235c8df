// A connection to the SPIFFE agent's socket and what every call over it has in common (auth.md,
// "source spiffe"): the header, the bounds, wiped replies.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/spiffe/agent_problem.h"
#include "core/model/secret.h"

namespace google::protobuf {
class MessageLite;
}

namespace baokms::adapters::spiffe {

// Of any message of the agent.
inline constexpr int kMaxMessageBytes = 4 * 1024 * 1024;

inline constexpr const char* kFetchX509Svid = "/SpiffeWorkloadAPI/FetchX509SVID";
inline constexpr const char* kFetchJwtSvid = "/SpiffeWorkloadAPI/FetchJWTSVID";

// Connects, and never again: a channel that is lost stays lost, so whoever wants another tries
// again and learns what is wrong. `socket`: unix:// and an absolute path. Never blocks.
std::expected<std::shared_ptr<grpc::Channel>, AgentProblem> ConnectToAgent(std::string_view socket);

// Without the header an agent refuses every call: it tells a client that means the Workload API
// from one that was talked into calling a socket.
void AddSecurityHeader(grpc::ClientContext& context);

grpc::ByteBuffer RequestOf(const google::protobuf::MessageLite& message);
// Empties `buffer`, whose bytes are wiped where gRPC lets us at them.
core::Secret TakeMessage(grpc::ByteBuffer& buffer);

// Of a call that failed.
AgentProblem ProblemOf(const grpc::Status& status);

}  // namespace baokms::adapters::spiffe
