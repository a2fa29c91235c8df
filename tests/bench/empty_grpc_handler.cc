// The floor under every gRPC handler: a server that reads a request, looks at nothing and answers
// with so many bytes. AsyncGenericService, one completion queue, one thread.
//   empty_grpc_handler SOCKET STATUS-BYTES ENCRYPT-BYTES DECRYPT-BYTES
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

struct Replies {
  grpc::ByteBuffer status;
  grpc::ByteBuffer encrypt;
  grpc::ByteBuffer decrypt;

  const grpc::ByteBuffer& For(const std::string& method) const {
    if (method.ends_with("/Encrypt")) return encrypt;
    if (method.ends_with("/Decrypt")) return decrypt;
    return status;
  }
};

grpc::ByteBuffer OfSize(const char* bytes) {
  const grpc::Slice slice(std::string(std::strtoul(bytes, nullptr, 10), 'x'));
  return {&slice, 1};
}

// One RPC, and the place that it was accepted in.
class Rpc {
 public:
  Rpc(grpc::AsyncGenericService& service, grpc::ServerCompletionQueue& queue)
      : service_(service), queue_(queue) {
    Accept();
  }

  // The step before has been done, or failed: the caller has gone.
  void Continue(bool ok, const Replies& replies) {
    if (!ok) step_ = Step::kEnded;
    switch (step_) {
      case Step::kAccepted:
        step_ = Step::kRead;
        state_->stream.Read(&state_->request, this);
        break;
      case Step::kRead:
        step_ = Step::kEnded;
        state_->stream.WriteAndFinish(replies.For(state_->context.method()), {}, grpc::Status::OK,
                                      this);
        break;
      case Step::kEnded:
        Accept();
        break;
    }
  }

 private:
  enum class Step { kAccepted, kRead, kEnded };
  struct State {
    grpc::GenericServerContext context;
    grpc::GenericServerAsyncReaderWriter stream{&context};
    grpc::ByteBuffer request;
  };

  void Accept() {
    step_ = Step::kAccepted;
    state_ = std::make_unique<State>();
    service_.RequestCall(&state_->context, &state_->stream, &queue_, &queue_, this);
  }

  grpc::AsyncGenericService& service_;
  grpc::ServerCompletionQueue& queue_;
  Step step_ = Step::kAccepted;
  std::unique_ptr<State> state_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr,
                 "usage: empty_grpc_handler SOCKET STATUS-BYTES ENCRYPT-BYTES DECRYPT-BYTES\n");
    return 2;
  }
  const Replies replies{
      .status = OfSize(argv[2]), .encrypt = OfSize(argv[3]), .decrypt = OfSize(argv[4])};
  grpc::AsyncGenericService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("unix:") + argv[1], grpc::InsecureServerCredentials());
  builder.RegisterAsyncGenericService(&service);
  const std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  constexpr int kPlaces = 512;
  for (int i = 0; i < kPlaces; ++i) new Rpc(service, *queue);  // as long as the process lives
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) static_cast<Rpc*>(tag)->Continue(ok, replies);
  return 0;
}
