#include "tests/support/measure/kms_load.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>

#include "adapters/grpc_kms/kms.pb.h"
#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

using std::chrono::steady_clock;

// As long as those of Kubernetes.
constexpr const char* kUid = "7f0c2b1e-3d4a-4b5c-8d6e-9f0a1b2c3d4e";

KmsCall Call(const std::string& name, const google::protobuf::MessageLite& request) {
  return {.name = name,
          .method = "/v2.KeyManagementService/" + name,
          .request = request.SerializeAsString()};
}

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) throw HarnessError("a reply cannot be read");
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(slice.begin(), slice.end());
  }
  return bytes;
}

// One of the calls in flight.
struct Slot {
  std::size_t request = 0;
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
  grpc::ByteBuffer reply;
  grpc::Status status;
  steady_clock::time_point began;
};

// The slots that no call uses.
class FreeSlots {
 public:
  explicit FreeSlots(std::deque<Slot>& slots) {
    for (Slot& slot : slots) free_.push_back(&slot);
  }
  // None when there is none until then.
  Slot* Take(steady_clock::time_point until) {
    std::unique_lock lock(mutex_);
    if (!given_back_.wait_until(lock, until, [this] { return !free_.empty(); })) return nullptr;
    Slot* slot = free_.back();
    free_.pop_back();
    return slot;
  }
  void GiveBack(Slot& slot) {
    const std::scoped_lock lock(mutex_);
    free_.push_back(&slot);
    given_back_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<Slot*> free_;
};

std::vector<grpc::ByteBuffer> RequestsOf(const KmsCall& call) {
  std::vector<grpc::ByteBuffer> requests = {ToBuffer(call.request)};
  for (const std::string& further : call.further) requests.push_back(ToBuffer(further));
  return requests;
}

}  // namespace

KmsCall StatusCall() { return Call("Status", v2::StatusRequest()); }

KmsCall EncryptCall(const std::string& plaintext) {
  v2::EncryptRequest request;
  request.set_plaintext(plaintext);
  request.set_uid(kUid);
  return Call("Encrypt", request);
}

KmsCall DecryptCall(const std::string& encrypt_reply) {
  v2::EncryptResponse sealed;
  if (!sealed.ParseFromString(encrypt_reply)) throw HarnessError("not the reply of an Encrypt");
  v2::DecryptRequest request;
  request.set_ciphertext(sealed.ciphertext());
  request.set_uid(kUid);
  request.set_key_id(sealed.key_id());
  *request.mutable_annotations() = sealed.annotations();
  return Call("Decrypt", request);
}

struct KmsLoad::Client {
  explicit Client(const std::shared_ptr<grpc::Channel>& channel) : stub(channel) {}

  void Start(Slot& slot, const KmsCall& call, const grpc::ByteBuffer& request,
             steady_clock::time_point began) {
    slot.context.emplace();
    slot.context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    slot.reply.Clear();
    slot.began = began;
    slot.reader = stub.PrepareUnaryCall(&*slot.context, call.method, request, &queue);
    slot.reader->StartCall();
    slot.reader->Finish(&slot.reply, &slot.status, &slot);
  }

  Slot& Next() {
    void* tag = nullptr;
    bool ok = false;
    if (!queue.Next(&tag, &ok)) throw HarnessError("the completion queue ended");
    return *static_cast<Slot*>(tag);
  }

  grpc::GenericStub stub;
  grpc::CompletionQueue queue;
};

KmsLoad::KmsLoad(const std::string& socket_path) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  client_ = std::make_unique<Client>(grpc::CreateCustomChannel(
      "unix:" + socket_path, grpc::InsecureChannelCredentials(), arguments));
}

KmsLoad::~KmsLoad() {
  client_->queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (client_->queue.Next(&tag, &ok)) {
  }
}

std::string KmsLoad::Ask(const KmsCall& call) {
  Slot slot;
  client_->Start(slot, call, ToBuffer(call.request), steady_clock::now());
  client_->Next();
  if (!slot.status.ok()) throw HarnessError(call.name + ": " + slot.status.error_message());
  return ToString(slot.reply);
}

LoadResult KmsLoad::Run(const KmsCall& call, int in_flight, LoadLimit limit) {
  const std::vector<grpc::ByteBuffer> requests = RequestsOf(call);
  std::deque<Slot> slots(std::min(static_cast<std::size_t>(in_flight), limit.calls));
  LoadResult result;
  const auto began = steady_clock::now();
  std::size_t started = 0;
  for (Slot& slot : slots) {
    slot.request = started % requests.size();
    client_->Start(slot, call, requests[slot.request], steady_clock::now());
    ++started;
  }
  auto now = began;
  for (std::size_t running = slots.size(); running > 0;) {
    Slot& slot = client_->Next();
    now = steady_clock::now();
    result.took_us.push_back(std::chrono::duration<double, std::micro>(now - slot.began).count());
    if (!slot.status.ok()) ++result.failed;
    if (started < limit.calls && now - began < limit.time) {
      client_->Start(slot, call, requests[slot.request], steady_clock::now());
      ++started;
    } else {
      --running;
    }
  }
  result.seconds = std::chrono::duration<double>(now - began).count();
  std::ranges::sort(result.took_us);
  return result;
}

LoadResult KmsLoad::Arrive(const KmsCall& call, const Arrivals& arrivals) {
  const std::vector<grpc::ByteBuffer> requests = RequestsOf(call);
  std::deque<Slot> slots(arrivals.most_under_way);
  FreeSlots free(slots);
  LoadResult result;
  std::atomic<std::size_t> started = 0;
  std::atomic<bool> all_started = false;
  const auto began = steady_clock::now();
  std::thread begins([&] {
    const auto give_up = began + arrivals.time + arrivals.grace;
    for (std::size_t i = 0; i < arrivals.calls(); ++i) {
      const auto due = arrivals.Due(began, i);
      std::this_thread::sleep_until(due);
      Slot* slot = steady_clock::now() < give_up ? free.Take(give_up) : nullptr;
      if (slot == nullptr) break;
      client_->Start(*slot, call, requests[i % requests.size()], due);
      ++started;
    }
    all_started = true;
  });
  auto now = began;
  std::size_t ended = 0;
  while (!all_started || ended < started) {
    void* tag = nullptr;
    bool ok = false;
    const auto soon = std::chrono::system_clock::now() + std::chrono::milliseconds(50);
    if (client_->queue.AsyncNext(&tag, &ok, soon) != grpc::CompletionQueue::GOT_EVENT) continue;
    Slot& slot = *static_cast<Slot*>(tag);
    now = steady_clock::now();
    ++ended;
    if (slot.status.ok()) {
      result.took_us.push_back(std::chrono::duration<double, std::micro>(now - slot.began).count());
    }
    free.GiveBack(slot);
  }
  begins.join();
  result.seconds = std::chrono::duration<double>(now - began).count();
  result.failed = static_cast<std::int64_t>(arrivals.calls() - result.took_us.size());
  result.took_us.resize(arrivals.calls(), std::numeric_limits<double>::infinity());
  std::ranges::sort(result.took_us);
  return result;
}

}  // namespace baokms::testing
