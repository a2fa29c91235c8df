// What a caller may do that no unary stub does: no message, two of them, a compressed one, a call
// that it never ends. gRPC answers some of it by itself (libraries.md, "gRPC").
#include <doctest/doctest.h>
#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <string>

#include "tests/adapters/grpc_kms/fakes.h"
#include "tests/adapters/grpc_kms/http2_peer.h"

namespace baokms::adapters::grpc_kms {
namespace {

using testing::Client;
using testing::ConnectTo;
using testing::FakeKmsService;
using testing::Harness;

// A call of which the test decides each step.
class OpenCall {
 public:
  OpenCall(Client& client, const std::string& path,
           grpc_compression_algorithm compression = GRPC_COMPRESS_NONE)
      : stub_(client.channel()) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    context_.set_compression_algorithm(compression);
    call_ = stub_.PrepareCall(&context_, path, &queue_);
    Do([&](void* tag) { call_->StartCall(tag); });
  }
  void Send(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    Do([&](void* tag) { call_->Write(grpc::ByteBuffer(&slice, 1), tag); });
  }
  void HalfClose() {
    Do([&](void* tag) { call_->WritesDone(tag); });
  }
  grpc::Status End() {
    grpc::ByteBuffer reply;
    Do([&](void* tag) { call_->Read(&reply, tag); });
    grpc::Status status;
    Do([&](void* tag) { call_->Finish(&status, tag); });
    return status;
  }

 private:
  template <typename Step>
  void Do(Step step) {
    step(this);
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

struct Odd : Harness {
  Odd() {
    service.encrypt = [this](std::string_view plaintext) {
      got = plaintext;
      return FakeKmsService::GoodEncrypt(plaintext);
    };
    Start();
  }
  Client client{options.socket_path};
  std::string got;
};

const std::string kEncryptPath = "/v2.KeyManagementService/Encrypt";

std::string MessageWith(const std::string& plaintext) {
  v2::EncryptRequest message;
  message.set_plaintext(plaintext);
  return message.SerializeAsString();
}

TEST_CASE_FIXTURE(Odd, "Streams: one without a message is refused and is no request") {
  for (const char* method : {"Status", "Encrypt", "Decrypt"}) {
    OpenCall call(client, std::string("/v2.KeyManagementService/") + method);
    call.HalfClose();
    const auto status = call.End();
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(status.error_message() == core::MalformedMessage().message());
  }
  CHECK(telemetry.started() == 0);
  CHECK(client.Status().ok());
}

TEST_CASE_FIXTURE(Odd, "Streams: of two messages the first counts") {
  OpenCall call(client, kEncryptPath);
  call.Send(MessageWith("one"));
  call.Send(MessageWith("two"));
  CHECK(call.End().ok());
  CHECK(got == "one");
  CHECK(telemetry.started() == 1);
}

TEST_CASE_FIXTURE(Odd, "Streams: the answer does not wait until the caller half-closes") {
  OpenCall call(client, kEncryptPath);
  call.Send(MessageWith("one"));
  CHECK(call.End().ok());
  CHECK(got == "one");
}

TEST_CASE_FIXTURE(Odd, "Streams: a compressed message is refused") {
  OpenCall call(client, kEncryptPath, GRPC_COMPRESS_GZIP);
  call.Send(MessageWith(std::string(5000, 'p')));
  CHECK(call.End().error_code() == grpc::StatusCode::UNIMPLEMENTED);
  CHECK(telemetry.started() == 0);
  CHECK(client.Status().ok());
}

TEST_CASE_FIXTURE(Odd, "Streams: a method or service that is not ours is UNIMPLEMENTED") {
  for (const char* path : {"/v2.KeyManagementService/", "/v2.KeyManagementService/Statuses",
                           "/v2.KeyManagementService/status", "/v1.KeyManagementService/Status",
                           "/grpc.health.v1.Health/Check"}) {
    OpenCall call(client, path);
    CHECK(call.End().error_code() == grpc::StatusCode::UNIMPLEMENTED);
  }
  CHECK(telemetry.started() == 0);
}

// Head, message and reset of each stream arrive in one piece, so gRPC knows that the caller has
// left before we ask for the message.
TEST_CASE_FIXTURE(Odd, "Streams: one whose caller has left is not begun") {
  const auto peer = ConnectTo(options.socket_path);
  std::string bytes = testing::Http2Opening();
  for (std::uint32_t stream = 1; stream < 20; stream += 2) {
    bytes += testing::Http2Rpc(stream, "Encrypt", MessageWith("p")) + testing::Http2Reset(stream);
  }
  bytes += testing::Http2Rpc(21, "Encrypt", MessageWith("stays"));
  REQUIRE(testing::SendAll(peer.get(), bytes));
  REQUIRE(telemetry.WaitFinished(1).has_value());
  CHECK(got == "stays");
  CHECK(telemetry.started() == 1);
}

}  // namespace
}  // namespace baokms::adapters::grpc_kms
