#include "adapters/spiffe/jwt_svid_source.h"

#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <utility>

#include "adapters/spiffe/agent_connection.h"
#include "adapters/spiffe/agent_problem.h"
#include "adapters/spiffe/jwt_svid.h"
#include "adapters/spiffe/workload.pb.h"

namespace baokms::adapters::spiffe {
namespace {

std::unexpected<core::LoginFailure> Failure(AgentProblem problem) {
  return std::unexpected(FailureOf(SvidKind::kJwt, problem));
}

}  // namespace

struct JwtSvidSource::Call {
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer reply;
  grpc::Status status;
  std::move_only_function<void(ports::JwtResult)> done;
};

JwtSvidSource::JwtSvidSource(JwtSvidOptions options, const ports::Clock& clock)
    : options_(std::move(options)), clock_(clock) {}

JwtSvidSource::~JwtSvidSource() {
  std::unique_lock lock(mutex_);
  if (const auto call = last_.lock()) call->context.TryCancel();
  ended_.wait(lock, [this] { return calls_ == 0; });
}

void JwtSvidSource::Fetch(core::MonotonicTime deadline,
                          std::move_only_function<void(ports::JwtResult)> done) {
  const auto channel = ConnectToAgent(options_.socket);
  if (!channel) return done(Failure(channel.error()));
  JWTSVIDRequest request;
  request.add_audience(options_.audience);
  request.set_spiffe_id(options_.spiffe_id);

  const auto call = std::make_shared<Call>();
  call->request = RequestOf(request);
  call->done = std::move(done);
  AddSecurityHeader(call->context);
  // gRPC's deadlines are on the wall clock; it is read here and counted from at once.
  call->context.set_deadline(std::chrono::system_clock::now() +
                             (deadline - clock_.Now().monotonic));
  {
    const std::lock_guard lock(mutex_);
    ++calls_;
    last_ = call;
  }
  grpc::GenericStub(*channel).UnaryCall(&call->context, kFetchJwtSvid, {}, &call->request,
                                        &call->reply, [this, call](grpc::Status status) {
                                          call->status = std::move(status);
                                          Ended(call);
                                        });
}

void JwtSvidSource::Ended(const std::shared_ptr<Call>& call) {
  if (call->status.ok()) {
    auto read = ReadJwtSvid(TakeMessage(call->reply), options_.spiffe_id);
    call->done(read ? ports::JwtResult(*std::move(read)) : Failure(read.error()));
  } else {
    call->done(Failure(ProblemOf(call->status)));
  }
  const std::lock_guard lock(mutex_);
  --calls_;
  ended_.notify_all();
}

}  // namespace baokms::adapters::spiffe
