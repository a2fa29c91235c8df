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
  std::move_only_function<void(ports::JwtResult)> done;
};

JwtSvidSource::JwtSvidSource(JwtSvidOptions options, const ports::Clock& clock)
    : options_(std::move(options)), clock_(clock) {}

JwtSvidSource::~JwtSvidSource() {
  std::unique_lock lock(mutex_);
  if (under_way_) call_->context.TryCancel();
  ended_.wait(lock, [this] { return !under_way_; });
}

void JwtSvidSource::Fetch(core::MonotonicTime deadline,
                          std::move_only_function<void(ports::JwtResult)> done) {
  const auto channel = ConnectToAgent(options_.socket);
  if (!channel) return done(Failure(channel.error()));
  JWTSVIDRequest request;
  request.add_audience(options_.audience);
  request.set_spiffe_id(options_.spiffe_id);

  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return !under_way_; });
  under_way_ = true;
  call_ = std::make_unique<Call>();
  call_->request = RequestOf(request);
  call_->done = std::move(done);
  AddSecurityHeader(call_->context);
  // gRPC's deadlines are on the wall clock; it is read here and counted from at once.
  call_->context.set_deadline(std::chrono::system_clock::now() +
                              (deadline - clock_.Now().monotonic));
  grpc::GenericStub(*channel).UnaryCall(&call_->context, kFetchJwtSvid, {}, &call_->request,
                                        &call_->reply,
                                        [this](const grpc::Status& status) { Ended(status); });
}

void JwtSvidSource::Ended(const grpc::Status& status) {
  if (status.ok()) {
    auto read = ReadJwtSvid(TakeMessage(call_->reply), options_.spiffe_id);
    call_->done(read ? ports::JwtResult(*std::move(read)) : Failure(read.error()));
  } else {
    call_->done(Failure(ProblemOf(status)));
  }
  const std::lock_guard lock(mutex_);
  under_way_ = false;
  ended_.notify_all();
}

}  // namespace baokms::adapters::spiffe
