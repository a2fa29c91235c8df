#include "adapters/spiffe/agent_connection.h"

#include <google/protobuf/message_lite.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/slice.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

#include "adapters/posix/descriptor.h"

namespace baokms::adapters::spiffe {
namespace {

// Agents built with grpc-go hang up on clients that ping more often than every five minutes.
constexpr std::chrono::milliseconds kKeepaliveEvery = std::chrono::minutes(6);
constexpr std::chrono::milliseconds kKeepaliveAnswer = std::chrono::seconds(20);

AgentProblem ConnectProblem(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
      return AgentProblem::kNoSocket;
    case EACCES:
    case EPERM:
      return AgentProblem::kNotAllowed;
    default:
      return AgentProblem::kNobodyListens;
  }
}

// Connected.
std::expected<posix::Descriptor, AgentProblem> OpenAgentSocket(std::string_view socket_uri) {
  constexpr std::string_view kScheme = "unix://";
  const std::string_view path = socket_uri.substr(kScheme.size());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return std::unexpected(ConnectProblem(ENAMETOOLONG));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  // Not blocking: an agent that does not accept has a full queue, and connect() would wait for it.
  posix::Descriptor descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor.valid()) return std::unexpected(ConnectProblem(errno));
  // sockaddr is how the socket calls take every kind of address.
  if (connect(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return std::unexpected(ConnectProblem(errno));
  }
  return descriptor;
}

}  // namespace

std::expected<std::shared_ptr<grpc::Channel>, AgentProblem> ConnectToAgent(
    std::string_view socket) {
  auto descriptor = OpenAgentSocket(socket);
  if (!descriptor) return std::unexpected(descriptor.error());
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(kKeepaliveEvery.count()));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(kKeepaliveAnswer.count()));
  return grpc::CreateCustomInsecureChannelFromFd("localhost", descriptor->Release(), arguments);
}

void AddSecurityHeader(grpc::ClientContext& context) {
  context.AddMetadata("workload.spiffe.io", "true");
}

grpc::ByteBuffer RequestOf(const google::protobuf::MessageLite& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return {&slice, 1};
}

core::Secret TakeMessage(grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) slices.clear();
  core::Secret message = core::Secret::OfSize(slices.empty() ? 0 : buffer.Length());
  char* at = message.MutableBytes().data();
  for (const grpc::Slice& slice : slices) {
    std::memcpy(at, slice.begin(), slice.size());
    at += slice.size();
    // The slice is the only owner of what it received; gRPC shows it as const.
    core::WipeMemory(const_cast<std::uint8_t*>(slice.begin()), slice.size());
  }
  buffer.Clear();
  return message;
}

AgentProblem ProblemOf(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::PERMISSION_DENIED:
      return AgentProblem::kNoIdentity;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::UNIMPLEMENTED:
      return AgentProblem::kNoWorkloadApi;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return AgentProblem::kSilent;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return AgentProblem::kUnreadable;  // above kMaxMessageBytes
    case grpc::StatusCode::OK:           // a stream that the agent ended
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:
      return AgentProblem::kLost;
    default:
      return AgentProblem::kFailed;
  }
}

}  // namespace baokms::adapters::spiffe
