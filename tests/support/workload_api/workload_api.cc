#include "tests/support/workload_api/workload_api.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <deque>
#include <mutex>
#include <set>
#include <utility>

#include "adapters/spiffe/workload.pb.h"
#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

grpc::ByteBuffer BufferOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    // gRPC keeps bytes as unsigned char.
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

grpc::Status StatusOf(int code) { return {static_cast<grpc::StatusCode>(code), "says the test"}; }

}  // namespace

class WorkloadApi::Service {
 public:
  void Start(const std::string& socket_path) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket_path, grpc::InsecureServerCredentials());
    front_ = std::make_unique<Front>(*this);
    builder.RegisterCallbackGenericService(front_.get());
    server_ = builder.BuildAndStart();
    if (!server_) throw HarnessError("the Workload API does not start");
  }
  void Stop() {
    if (!server_) return;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    EndCalls(StatusOf(grpc::StatusCode::UNAVAILABLE));
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    server_.reset();
    stopping_ = false;
  }

  void SayX509(std::optional<WorkloadAnswer> answer);
  void SayJwt(JwtAnswers answers) {
    const std::lock_guard lock(mutex_);
    jwt_ = std::move(answers);
  }
  void EndCalls(const grpc::Status& status);
  Figures figures() const {
    const std::lock_guard lock(mutex_);
    Figures figures = figures_;
    figures.open_streams = static_cast<int>(streams_.size());
    return figures;
  }

 private:
  class Call;
  // gRPC takes a service for one server only, and each Start makes another server.
  class Front final : public grpc::CallbackGenericService {
   public:
    explicit Front(Service& service) : service_(service) {}
    grpc::ServerGenericBidiReactor* CreateReactor(
        grpc::GenericCallbackServerContext* context) override;

   private:
    Service& service_;
  };

  mutable std::mutex mutex_;
  bool stopping_ = false;
  std::optional<WorkloadAnswer> x509_;
  JwtAnswers jwt_;
  Figures figures_;
  std::set<Call*> calls_;    // not finished
  std::set<Call*> streams_;  // of calls_, those of FetchX509SVID
  std::unique_ptr<Front> front_;
  std::unique_ptr<grpc::Server> server_;
};

// Every member function but the reactor's own is called with the service's lock.
class WorkloadApi::Service::Call final : public grpc::ServerGenericBidiReactor {
 public:
  Call(Service& service, grpc::GenericCallbackServerContext& context) : service_(service) {
    const auto& metadata = context.client_metadata();
    const auto header = metadata.find("workload.spiffe.io");
    has_header_ = header != metadata.end() && header->second == "true";
    x509_ = context.method() == "/SpiffeWorkloadAPI/FetchX509SVID";
    jwt_ = context.method() == "/SpiffeWorkloadAPI/FetchJWTSVID";
    StartRead(&request_);
  }

  void Say(const std::optional<WorkloadAnswer>& answer) {
    if (finished_ || !answer) return;
    if (answer->code != 0) return End(StatusOf(answer->code));
    to_send_.push_back(BufferOf(answer->message));
    if (to_send_.size() == 1) StartWrite(&to_send_.front());
  }
  // Once what is to be sent is sent.
  void EndAfterwards() {
    if (to_send_.empty()) return End(grpc::Status::OK);
    ends_ = true;
  }
  void End(const grpc::Status& status) {
    if (std::exchange(finished_, true)) return;
    service_.calls_.erase(this);
    service_.streams_.erase(this);
    Finish(status);
  }

  void OnReadDone(bool ok) override {
    const std::lock_guard lock(service_.mutex_);
    if (!ok || finished_) return;
    if (!has_header_) {
      ++service_.figures_.without_header;
      return End(StatusOf(grpc::StatusCode::INVALID_ARGUMENT));
    }
    if (service_.stopping_) return End(StatusOf(grpc::StatusCode::UNAVAILABLE));
    if (x509_) {
      ++service_.figures_.streams;
      service_.streams_.insert(this);
      Say(service_.x509_);
    } else if (jwt_) {
      ++service_.figures_.jwt_calls;
      AnswerJwt();
    } else {
      End(StatusOf(grpc::StatusCode::UNIMPLEMENTED));
    }
  }
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(service_.mutex_);
    to_send_.pop_front();
    if (finished_) return;
    if (!ok) return End(StatusOf(grpc::StatusCode::CANCELLED));
    if (!to_send_.empty()) {
      StartWrite(&to_send_.front());
    } else if (ends_) {
      End(grpc::Status::OK);
    }
  }
  void OnCancel() override {
    const std::lock_guard lock(service_.mutex_);
    End(StatusOf(grpc::StatusCode::CANCELLED));
  }
  void OnDone() override { delete this; }

 private:
  void AnswerJwt() {
    JWTSVIDRequest request;
    request.ParseFromString(BytesOf(request_));
    const auto answer =
        service_.jwt_
            ? service_.jwt_({.audience = {request.audience().begin(), request.audience().end()},
                             .spiffe_id = request.spiffe_id()})
            : std::nullopt;
    Say(answer);
    if (answer && !finished_) EndAfterwards();
  }

  Service& service_;
  bool has_header_ = false;
  bool x509_ = false;
  bool jwt_ = false;
  bool finished_ = false;
  bool ends_ = false;
  grpc::ByteBuffer request_;
  std::deque<grpc::ByteBuffer> to_send_;
};

grpc::ServerGenericBidiReactor* WorkloadApi::Service::Front::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  const std::lock_guard lock(service_.mutex_);
  auto* call = new Call(service_, *context);
  service_.calls_.insert(call);
  return call;
}

void WorkloadApi::Service::SayX509(std::optional<WorkloadAnswer> answer) {
  const std::lock_guard lock(mutex_);
  x509_ = std::move(answer);
  for (Call* stream : std::set(streams_)) stream->Say(x509_);
}

void WorkloadApi::Service::EndCalls(const grpc::Status& status) {
  const std::lock_guard lock(mutex_);
  for (Call* call : std::set(calls_)) call->End(status);
}

WorkloadApi::WorkloadApi(std::string socket_path)
    : socket_path_(std::move(socket_path)), service_(std::make_unique<Service>()) {
  Start();
}
WorkloadApi::~WorkloadApi() { Stop(); }

std::string WorkloadApi::uri() const { return "unix://" + socket_path_; }
void WorkloadApi::Stop() { service_->Stop(); }
void WorkloadApi::Start() { service_->Start(socket_path_); }
void WorkloadApi::SayX509(std::optional<WorkloadAnswer> answer) {
  service_->SayX509(std::move(answer));
}
void WorkloadApi::CutStreams() { service_->EndCalls(StatusOf(grpc::StatusCode::UNAVAILABLE)); }
void WorkloadApi::SayJwt(JwtAnswers answers) { service_->SayJwt(std::move(answers)); }
WorkloadApi::Figures WorkloadApi::figures() const { return service_->figures(); }

}  // namespace baokms::testing
