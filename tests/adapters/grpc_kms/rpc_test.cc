#include <doctest/doctest.h>

#include <future>
#include <new>
#include <stdexcept>
#include <thread>

#include "adapters/grpc_kms/message_codec.h"
#include "tests/adapters/grpc_kms/fakes.h"

namespace baokms::adapters::grpc_kms {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::Client;
using testing::FakeKmsService;
using testing::Harness;
using testing::Seen;

struct Served : Harness {
  Served() { Start(); }
  Client client{options.socket_path};

  void CheckRefused(const std::string& method, const std::string& bytes,
                    const core::Error& expected) {
    const auto before = telemetry.finished().size();
    const Seen seen = client.Send(method, bytes);
    CHECK(static_cast<int>(seen.status.error_code()) == static_cast<int>(expected.code()));
    CHECK(seen.status.error_message() == expected.message());
    const auto event = telemetry.WaitFinished(before + 1);
    REQUIRE(event.has_value());
    CHECK(event->error == expected);
  }
};

// An Encrypt whose context the test can cancel.
struct Running {
  grpc::ClientContext context;
  std::future<grpc::Status> status;

  explicit Running(Client& client, std::optional<milliseconds> timeout = std::nullopt) {
    if (timeout) context.set_deadline(std::chrono::system_clock::now() + *timeout);
    status = std::async(std::launch::async, [this, &client] {
      v2::EncryptRequest request;
      request.set_plaintext("secret");
      request.set_uid("uid-7");
      v2::EncryptResponse reply;
      return client.stub().Encrypt(&context, request, &reply);
    });
  }
};

std::string DecryptBytes(const std::string& ciphertext, const std::string& key_id = "k",
                         const std::string& annotation = "v") {
  v2::DecryptRequest message;
  message.set_ciphertext(ciphertext);
  message.set_key_id(key_id);
  message.set_uid("uid-9");
  auto* entry = message.add_annotations();
  entry->set_key("a.org");
  entry->set_value(annotation);
  return message.SerializeAsString();
}

std::string EncryptBytes(const std::string& plaintext) {
  v2::EncryptRequest message;
  message.set_plaintext(plaintext);
  return message.SerializeAsString();
}

TEST_CASE_FIXTURE(Served, "Status: answers v2 - ok and the key_id") {
  grpc::ClientContext context;
  v2::StatusResponse reply;
  REQUIRE(client.stub().Status(&context, {}, &reply).ok());
  CHECK(reply.version() == "v2");
  CHECK(reply.healthz() == "ok");
  CHECK(reply.key_id() == testing::SomeKeyId().str());
  REQUIRE(telemetry.WaitFinished(1).has_value());
  CHECK(telemetry.started() == 1);
  CHECK_FALSE(telemetry.finished()[0].error.has_value());
}

TEST_CASE_FIXTURE(Served, "Status: unhealthy carries no key_id") {
  service.status = [] { return core::StatusReply{.healthy = false, .key_id = "obk2.x"}; };
  grpc::ClientContext context;
  v2::StatusResponse reply;
  REQUIRE(client.stub().Status(&context, {}, &reply).ok());
  CHECK(reply.healthz() == "unhealthy");
  CHECK(reply.key_id().empty());
}

TEST_CASE_FIXTURE(Served, "Encrypt: plaintext reaches the service and its reply the client") {
  std::string got;
  service.encrypt = [&](std::string_view plaintext) {
    got = plaintext;
    return FakeKmsService::GoodEncrypt(plaintext);
  };
  v2::EncryptResponse reply;
  REQUIRE(client.Encrypt("data key", &reply).ok());
  CHECK(got == "data key");
  CHECK(reply.ciphertext() == "vault:v3:c2VhbGVk");
  CHECK(reply.key_id() == testing::SomeKeyId().str());
  CHECK(reply.annotations_size() == 2);
  const auto event = telemetry.WaitFinished(1);
  REQUIRE(event.has_value());
  CHECK(event->method == core::KmsMethod::kEncrypt);
  CHECK(event->key_id_hash == "hash-of-key-id");
  CHECK(event->version == 3);
  CHECK(event->duration.count() > 0);
}

TEST_CASE_FIXTURE(Served, "Encrypt: a plaintext of many transport pieces arrives whole") {
  std::string got;
  service.encrypt = [&](std::string_view plaintext) {
    got = plaintext;
    return FakeKmsService::GoodEncrypt(plaintext);
  };
  std::string plaintext;
  for (int i = 0; plaintext.size() < 65'000; ++i) plaintext += std::to_string(i);
  REQUIRE(client.Encrypt(plaintext).ok());
  CHECK(got == plaintext);
}

TEST_CASE_FIXTURE(Served, "Decrypt: fields reach the service and plaintext the client") {
  const Seen seen = client.Send("Decrypt", DecryptBytes("vault:v1:x", "key", "v"));
  REQUIRE(seen.status.ok());
  v2::DecryptResponse reply;
  REQUIRE(reply.ParseFromString(seen.bytes));
  CHECK(reply.plaintext() == "opened plaintext");
  CHECK(service.last_decrypt.ciphertext == "vault:v1:x");
  CHECK(service.last_decrypt.key_id == "key");
  CHECK(service.last_decrypt.annotations == core::Annotations{{"a.org", "v"}});
  CHECK(telemetry.WaitFinished(1)->uid == "uid-9");
}

TEST_CASE_FIXTURE(Served, "Decrypt: an answer from another request's call is counted") {
  CHECK(client.Send("Decrypt", DecryptBytes("c")).status.ok());
  CHECK(telemetry.shared == 0);
  service.decrypt = [](const core::DecryptRequest& request) {
    auto outcome = FakeKmsService::GoodDecrypt(request);
    outcome.shared = true;
    return outcome;
  };
  CHECK(client.Send("Decrypt", DecryptBytes("c")).status.ok());
  CHECK(telemetry.shared == 1);
}

TEST_CASE_FIXTURE(Served, "Requests: each malformed or oversize one has its code and text") {
  const std::string cut("\x0a\x05xy", 4);
  CheckRefused("Status", cut, core::MalformedMessage());
  CheckRefused("Encrypt", cut, core::MalformedMessage());
  CheckRefused("Decrypt", cut, core::MalformedMessage());
  CheckRefused("Encrypt", "", core::EmptyPlaintext());
  CheckRefused("Decrypt", "", core::EmptyCiphertext());
  CheckRefused("Encrypt", std::string("\x08\x01", 2), core::EmptyPlaintext());
  CheckRefused("Encrypt", EncryptBytes(std::string(65'537 - 4, 'p')), core::RequestTooLarge());
  CheckRefused("Status", EncryptBytes(std::string(65'537 - 4, 'p')), core::RequestTooLarge());
  CheckRefused("Decrypt", EncryptBytes(std::string(900'000, 'p')), core::RequestTooLarge());
  CheckRefused("Decrypt", DecryptBytes(std::string(1024, 'c')), core::RequestTooLarge());
  CheckRefused("Decrypt", DecryptBytes("c", std::string(1024, 'k')), core::RequestTooLarge());
  CheckRefused("Decrypt", DecryptBytes("c", "k", std::string(32'768, 'v')),
               core::RequestTooLarge());
  CHECK(telemetry.started() == telemetry.finished().size());
}

TEST_CASE_FIXTURE(Served, "Requests: a message of 65536 bytes is served") {
  const std::string bytes = EncryptBytes(std::string(65'536 - 4, 'p'));
  REQUIRE(bytes.size() == 65'536);
  CHECK(client.Send("Encrypt", bytes).status.ok());
}

TEST_CASE_FIXTURE(Served, "Requests: text that is not UTF-8 reaches the service") {
  CHECK(client.Send("Decrypt", DecryptBytes("c", "\xff\xfe", "\xc3\x28")).status.ok());
  CHECK(service.last_decrypt.key_id == "\xff\xfe");
}

TEST_CASE_FIXTURE(Served, "Requests: beyond 1 MiB nothing is kept and the client hears of it") {
  const auto seen = client.Send("Encrypt", EncryptBytes(std::string(2'000'000, 'p')));
  CHECK(seen.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(client.Status().ok());
}

TEST_CASE_FIXTURE(Served, "Requests: an unknown method is UNIMPLEMENTED") {
  CHECK(client.Send("Rotate", "").status.error_code() == grpc::StatusCode::UNIMPLEMENTED);
}

TEST_CASE_FIXTURE(Served, "Replies: over a limit is INTERNAL") {
  service.encrypt = [](std::string_view plaintext) {
    auto outcome = FakeKmsService::GoodEncrypt(plaintext);
    outcome.result->ciphertext = core::Ciphertext(std::string(1024, 'c'));
    return outcome;
  };
  CheckRefused("Encrypt", EncryptBytes("p"), core::ReplyTooLarge());
  CHECK(telemetry.finished()[0].key_id_hash == "hash-of-key-id");
}

TEST_CASE_FIXTURE(Served, "Errors: each code and text of the service goes out unchanged") {
  for (const core::Error& error :
       {core::UnknownKeyId(), core::AnnotationsMismatch(), core::StatusNotHealthy(),
        core::OpenBaoFailure(core::OpenBaoStatus::kPermissionDenied),
        core::OpenBaoFailure(core::OpenBaoStatus::kSealed), core::LoginRefused(),
        core::HandlerFailed()}) {
    service.decrypt = [error](const core::DecryptRequest&) {
      return core::KmsOutcome<core::DecryptReply>{
          .result = std::unexpected(error), .key_id_hash = "h", .transit_key_version = 2};
    };
    CheckRefused("Decrypt", DecryptBytes("c"), error);
    CHECK(telemetry.finished().back().key_id_hash == "h");
    CHECK(telemetry.finished().back().version == 2);
  }
}

TEST_CASE_FIXTURE(Served, "Exceptions: what escapes the service is INTERNAL and named") {
  service.status = []() -> core::StatusReply { throw std::runtime_error("password"); };
  CheckRefused("Status", "", core::HandlerFailed());
  CHECK(telemetry.finished().back().panic_type == "std::runtime_error");
  service.encrypt = [](std::string_view) -> core::KmsOutcome<core::EncryptReply> { throw 7; };
  CheckRefused("Encrypt", EncryptBytes("p"), core::HandlerFailed());
  CHECK(telemetry.finished().back().panic_type == "int");
  service.status = nullptr;
  CHECK(client.Status().ok());
}

TEST_CASE_FIXTURE(Served, "Exceptions: one before there is a request is INTERNAL") {
  telemetry.on_started = [] { throw std::bad_alloc(); };
  const auto status = client.Status();
  CHECK(status.error_code() == grpc::StatusCode::INTERNAL);
  CHECK(status.error_message() == core::HandlerFailed().message());
  telemetry.on_started = nullptr;
  CHECK(client.Status().ok());
}

struct Limited : Harness {
  Limited() {
    options.max_concurrent_encrypt = 2;
    options.max_concurrent_decrypt = 1;
    options.max_concurrent_status = 1;
    service.hold = true;
    Start();
  }
  Client client{options.socket_path};
};

TEST_CASE_FIXTURE(Limited, "Concurrency: above the limit RESOURCE_EXHAUSTED comes at once") {
  Running first(client);
  Running second(client);
  REQUIRE(service.WaitHeld(2));
  const auto before = steady_clock::now();
  const auto refused = client.Encrypt("p");
  CHECK(steady_clock::now() - before < milliseconds(1000));
  CHECK(refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(refused.error_message() == core::ConcurrencyLimit().message());
  CHECK(telemetry.WaitFinished(1)->error == core::ConcurrencyLimit());
  CHECK(client.Status().ok());  // each method has its own limit

  for (auto& done : service.TakeEncrypts()) done(FakeKmsService::GoodEncrypt(""));
  CHECK(first.status.get().ok());
  CHECK(second.status.get().ok());
  service.hold = false;
  CHECK(client.Encrypt("p").ok());  // the places are free again
  CHECK(telemetry.started() == telemetry.finished().size());
}

TEST_CASE_FIXTURE(Limited, "Cancel: answered at once - abandoned - its place kept to its end") {
  Running first(client);
  Running second(client);
  REQUIRE(service.WaitHeld(2));
  first.context.TryCancel();
  second.context.TryCancel();
  CHECK(first.status.get().error_code() == grpc::StatusCode::CANCELLED);
  CHECK(service.WaitAbandoned(2));
  const auto event = telemetry.WaitFinished(2);
  REQUIRE(event.has_value());
  CHECK(event->error == core::Cancelled());
  CHECK(event->uid == "uid-7");
  service.hold = false;
  // What they asked for is still there.
  CHECK(client.Encrypt("p").error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  auto held = service.TakeEncrypts();
  // Late outcomes are dropped, harmlessly.
  held[0](FakeKmsService::GoodEncrypt(""));
  CHECK(client.Encrypt("p").ok());
  CHECK(client.Encrypt("p").ok());
  held[1](FakeKmsService::GoodEncrypt(""));
  CHECK(client.Encrypt("p").ok());
  CHECK(telemetry.finished().size() == 6);
}

TEST_CASE_FIXTURE(Limited, "Deadline: over - its place is kept until the request has ended") {
  Running first(client, milliseconds(200));
  Running second(client, milliseconds(200));
  CHECK(first.status.get().error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
  CHECK(second.status.get().error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
  REQUIRE(telemetry.WaitFinished(2));
  CHECK(client.Encrypt("p").error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  service.TakeEncrypts().clear();  // let go, without an outcome
  service.hold = false;
  CHECK(testing::Eventually([&] { return client.Encrypt("p").ok(); }));
}

TEST_CASE_FIXTURE(Limited, "Places: a caller that has its answer finds its place free") {
  service.hold = false;
  for (int i = 0; i < 300; ++i) {
    CHECK(client.Status().ok());
    v2::DecryptRequest request;
    request.set_ciphertext("c");
    request.set_key_id("k");
    const Seen seen = client.Send("Decrypt", request.SerializeAsString());
    CHECK(seen.status.ok());
    // One that is refused by us, too.
    CHECK(client.Send("Decrypt", "").status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  }
}

TEST_CASE_FIXTURE(Limited, "Uid: a request keeps it only while telemetry tells it") {
  service.hold = false;
  telemetry.tells_uids = false;
  Running silent(client);
  CHECK(silent.status.get().ok());
  CHECK(telemetry.WaitFinished(1)->uid.empty());
  telemetry.tells_uids = true;
  Running told(client);
  CHECK(told.status.get().ok());
  CHECK(telemetry.WaitFinished(2)->uid == "uid-7");
}

TEST_CASE_FIXTURE(Limited, "Deadline: the caller's is kept and counted as a deadline") {
  const auto before = steady_clock::now();
  Running rpc(client, milliseconds(300));
  CHECK(rpc.status.get().error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
  CHECK(steady_clock::now() - before < milliseconds(2000));
  CHECK(service.WaitAbandoned(1));
  CHECK(telemetry.WaitFinished(1)->error == core::DeadlineExceeded());
}

TEST_CASE_FIXTURE(Limited, "Deadline: it takes precedence over an error that comes after it") {
  service.hold = false;
  service.encrypt = [](std::string_view) {  // no cancel is delivered while the handler runs
    std::this_thread::sleep_for(milliseconds(500));
    return core::KmsOutcome<core::EncryptReply>{
        .result = std::unexpected(core::OpenBaoFailure(core::OpenBaoStatus::kUnavailable)),
        .key_id_hash = {},
        .transit_key_version = 0};
  };
  Running rpc(client, milliseconds(200));
  CHECK(rpc.status.get().error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
  const auto event = telemetry.WaitFinished(1);
  REQUIRE(event.has_value());
  CHECK(event->error == core::DeadlineExceeded());
  CHECK(telemetry.finished().size() == 1);
}

TEST_CASE_FIXTURE(Limited, "Deadline: an error that comes before it stays itself") {
  service.hold = false;
  service.encrypt = [](std::string_view) {
    return core::KmsOutcome<core::EncryptReply>{.result = std::unexpected(core::StatusNotHealthy()),
                                                .key_id_hash = {},
                                                .transit_key_version = 0};
  };
  Running rpc(client, milliseconds(5000));
  CHECK(rpc.status.get().error_code() == grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_CASE_FIXTURE(Limited, "Cancel: a client that vanishes is a cancel") {
  auto gone = std::make_unique<Client>(options.socket_path);
  auto rpc = std::make_unique<Running>(*gone);
  REQUIRE(service.WaitHeld(1));
  rpc->context.TryCancel();
  rpc.reset();
  gone.reset();
  CHECK(telemetry.WaitFinished(1)->error == core::Cancelled());
}

TEST_CASE("Completions: on any thread and racing with cancels each RPC is answered once") {
  Harness harness;
  harness.options.max_concurrent_encrypt = 64;
  harness.service.hold = true;
  harness.Start();
  Client client(harness.options.socket_path);
  std::atomic<bool> stop{false};
  std::thread completer([&] {
    while (!stop) {
      for (auto& done : harness.service.TakeEncrypts()) done(FakeKmsService::GoodEncrypt(""));
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  });
  constexpr int kRpcs = 400;
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([&, t] {
      for (int i = 0; i < kRpcs / 4; ++i) {
        Running rpc(client);
        if ((i + t) % 2 == 0) {
          std::this_thread::sleep_for(std::chrono::microseconds(i * 10));
          rpc.context.TryCancel();
        }
        rpc.status.wait();
      }
    });
  }
  for (auto& caller : callers) caller.join();
  stop = true;
  completer.join();
  CHECK(testing::Eventually(
      [&] { return harness.telemetry.started() == harness.telemetry.finished().size(); }));
  harness.service.hold = false;
  CHECK(client.Encrypt("p").ok());
}

}  // namespace
}  // namespace baokms::adapters::grpc_kms
