#include "adapters/etcd/snapshot_reader.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "adapters/etcd/connection_check.h"
#include "adapters/etcd/etcd.grpc.pb.h"

namespace baokms::adapters::etcd {
namespace {

using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;

constexpr std::chrono::milliseconds kCheckTimeout = std::chrono::seconds(3);
constexpr std::chrono::milliseconds kPause = std::chrono::seconds(1);
constexpr std::size_t kBuffersPerMessage = 4;
// The first page's keys. etcd counts all keys behind a page, too, so that a few large pages cost it
// less than many small ones: pages grow while they stay below this share of the largest message.
constexpr std::int64_t kFirstPage = 500;
constexpr std::size_t kSmallPageShare = 8;

// The first key behind all that begin with `prefix`.
std::string EndOf(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::string(1, '\0');  // etcd's word for: to the last key
  ++prefix.back();
  return prefix;
}

std::string TargetOf(const Endpoint& endpoint) {
  const bool address6 = endpoint.host.contains(':');
  // Brackets as a URI's path has them.
  const std::string host = address6 ? "%5B" + endpoint.host + "%5D" : endpoint.host;
  return "dns:///" + host + ':' + std::to_string(endpoint.port);
}

// What etcd itself says of a call, or nullopt when it is the connection that failed. etcd's texts
// tell apart what it gives one code; they go no further than this.
std::optional<EtcdProblem> ProblemOf(const grpc::Status& status) {
  const std::string& text = status.error_message();
  switch (status.error_code()) {
    case grpc::StatusCode::OUT_OF_RANGE:
      return text.contains("compacted") ? EtcdProblem::kCompacted : EtcdProblem::kOtherCluster;
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::INVALID_ARGUMENT:  // access control without a user
      return EtcdProblem::kDenied;
    case grpc::StatusCode::UNIMPLEMENTED:
      return EtcdProblem::kNotEtcd;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return EtcdProblem::kTooLarge;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return EtcdProblem::kSilent;
    case grpc::StatusCode::UNAVAILABLE:
      if (text.starts_with("etcdserver:")) return EtcdProblem::kNotReady;
      return std::nullopt;
    default:
      return EtcdProblem::kFailed;
  }
}

// Whether the reply is a page of what was asked for: keys that ascend within the range, and no
// promise of more without a key to go on from.
bool IsPageOf(const RangeRequest& request, const RangeResponse& page) {
  if (page.kvs().empty() && page.more()) return false;
  std::string_view least = request.key();
  for (const auto& object : page.kvs()) {
    if (object.key() < least || object.key() >= request.range_end()) return false;
    if (&object != &page.kvs(0) && object.key() == least) return false;
    least = object.key();
  }
  return true;
}

}  // namespace

class SnapshotReader::Session {
 public:
  Session(SnapshotOptions options, openssl::SslContextPtr tls)
      : options_(std::move(options)), tls_(std::move(tls)) {}

  std::expected<std::int64_t, EtcdFailure> Read(std::string_view prefix, std::int64_t largest_page,
                                                const Visitor& visit) {
    RangeRequest request;
    request.set_key(std::string(prefix));
    request.set_range_end(EndOf(std::string(prefix)));
    request.set_limit(std::min(kFirstPage, largest_page));
    cluster_.reset();
    while (true) {
      const auto page = Fetch(request);
      if (!page) return std::unexpected(page.error());
      if (request.revision() == 0) request.set_revision(page->header().revision());
      for (const auto& object : page->kvs()) visit(object.key(), object.value());
      if (!page->more()) return request.revision();
      request.set_key(page->kvs(page->kvs_size() - 1).key() + '\0');
      if (page->ByteSizeLong() < options_.max_message_bytes / kSmallPageShare) {
        request.set_limit(std::min(largest_page, 2 * request.limit()));
      }
    }
  }

 private:
  // The next page from whichever endpoint gives it. Lowers the request's limit where it must.
  std::expected<RangeResponse, EtcdFailure> Fetch(RangeRequest& request) {
    EtcdFailure failure;
    const std::size_t endpoints = options_.endpoints.size();
    const bool begun = cluster_.has_value();
    const std::size_t tries = endpoints * static_cast<std::size_t>(begun ? options_.rounds : 1);
    for (std::size_t tried = 0; tried < tries;) {
      auto page = Ask(request);
      if (page) return *std::move(page);
      if (page.error() == EtcdProblem::kTooLarge && request.limit() > 1) {
        request.set_limit(request.limit() / 2);
        continue;
      }
      const EndpointProblem problem{.endpoint = current_, .problem = page.error()};
      if (!IsWorthAnotherTry(problem.problem)) return std::unexpected(EtcdFailure{problem});
      std::erase_if(failure,
                    [&](const EndpointProblem& older) { return older.endpoint == current_; });
      failure.push_back(problem);
      stub_.reset();
      current_ = (current_ + 1) % endpoints;
      ++tried;
      if (tried % endpoints == 0 && tried < tries) std::this_thread::sleep_for(kPause);
    }
    return std::unexpected(std::move(failure));
  }

  // One call to the current endpoint.
  std::expected<RangeResponse, EtcdProblem> Ask(const RangeRequest& request) {
    const Endpoint& endpoint = options_.endpoints[current_];
    if (!stub_) stub_ = Connect(endpoint);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + options_.call_timeout);
    // A fresh one each time: protobuf keeps the room of every value that was ever in a message.
    RangeResponse page;
    const grpc::Status status = stub_->Range(&context, request, &page);
    if (!status.ok()) {
      const auto problem = ProblemOf(status);
      return std::unexpected(
          problem ? *problem
                  : WhyUnavailable(endpoint, endpoint.tls ? tls_.get() : nullptr, kCheckTimeout));
    }
    if (!IsPageOf(request, page) || page.header().revision() < 1) {
      return std::unexpected(EtcdProblem::kUnreadable);
    }
    if (!cluster_) cluster_ = page.header().cluster_id();
    if (*cluster_ != page.header().cluster_id()) {
      return std::unexpected(EtcdProblem::kOtherCluster);
    }
    return page;
  }

  std::unique_ptr<etcdserverpb::KV::Stub> Connect(const Endpoint& endpoint) const {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(static_cast<int>(options_.max_message_bytes));
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    // A new channel connects at once, whatever the one before it has seen.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    // gRPC holds a whole message before it looks at its size; under this it gives the call up.
    grpc::ResourceQuota quota("etcd");
    quota.Resize(kBuffersPerMessage * options_.max_message_bytes);
    arguments.SetResourceQuota(quota);
    // Names are resolved to addresses and nothing else (no TXT records with settings).
    arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    return etcdserverpb::KV::NewStub(
        grpc::CreateCustomChannel(TargetOf(endpoint), CredentialsFor(endpoint), arguments));
  }

  std::shared_ptr<grpc::ChannelCredentials> CredentialsFor(const Endpoint& endpoint) const {
    if (!endpoint.tls) return grpc::InsecureChannelCredentials();
    const TlsFiles& files = options_.tls;
    return grpc::SslCredentials({.pem_root_certs = files.ca,
                                 .pem_private_key = std::string(files.key.ExposeSecret()),
                                 .pem_cert_chain = files.certificate});
  }

  SnapshotOptions options_;
  openssl::SslContextPtr tls_;
  std::unique_ptr<etcdserverpb::KV::Stub> stub_;  // of the current endpoint
  std::size_t current_ = 0;
  std::optional<std::uint64_t> cluster_;  // that the first page came from
};

std::expected<SnapshotReader, EtcdProblem> SnapshotReader::Make(SnapshotOptions options) {
  openssl::SslContextPtr tls;
  if (std::ranges::any_of(options.endpoints, &Endpoint::tls)) {
    auto made = MakeTlsContext(options.tls);
    if (!made) return std::unexpected(made.error());
    tls = *std::move(made);
  }
  return SnapshotReader(std::make_unique<Session>(std::move(options), std::move(tls)));
}

SnapshotReader::SnapshotReader(std::unique_ptr<Session> session) : session_(std::move(session)) {}
SnapshotReader::SnapshotReader(SnapshotReader&&) noexcept = default;
SnapshotReader::~SnapshotReader() = default;

std::expected<std::int64_t, EtcdFailure> SnapshotReader::Read(std::string_view prefix,
                                                              std::int64_t largest_page,
                                                              const Visitor& visit) {
  return session_->Read(prefix, largest_page, visit);
}

}  // namespace baokms::adapters::etcd
