#include "adapters/transit_http/transport/curl_http_transport.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "adapters/transit_http/transport/io_loop.h"

namespace baokms::adapters::transit_http {
namespace {

// A request lives in the loop; the handle only names it, and may outlive both.
class RequestHandle final : public ports::PendingCall {
 public:
  RequestHandle(std::weak_ptr<IoLoop> loop, IoLoop::RequestId request)
      : loop_(std::move(loop)), request_(request) {}
  void Abandon() override {
    if (abandoned_.exchange(true)) return;
    if (const auto loop = loop_.lock()) loop->Abandon(request_);
  }

 private:
  std::weak_ptr<IoLoop> loop_;
  IoLoop::RequestId request_;
  std::atomic<bool> abandoned_ = false;
};

bool IsHeaderLine(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c != 0x7f; });
}

}  // namespace

std::expected<std::unique_ptr<CurlHttpTransport>, TransportProblem> CurlHttpTransport::Start(
    TransportOptions options, const ports::Clock& clock, const ports::FileReader& files,
    ports::Telemetry& telemetry) {
  IoLoopSettings settings;
  for (const std::string& url : options.addresses) {
    auto address = ServerAddress::Parse(url, options.tls_server_name);
    if (!address) return std::unexpected(TransportProblem::kBadAddress);
    settings.addresses.push_back(*std::move(address));
  }
  if (settings.addresses.empty()) return std::unexpected(TransportProblem::kBadAddress);
  if (!std::ranges::all_of(options.headers, IsHeaderLine)) {
    return std::unexpected(TransportProblem::kBadHeader);
  }
  settings.transfer = {.headers = std::move(options.headers)};
  if (!options.proxy.empty()) {
    settings.transfer.proxy = ProxyAddress::Parse(options.proxy);
    if (!settings.transfer.proxy) return std::unexpected(TransportProblem::kBadProxy);
  }
  settings.sending = options.sending;
  settings.sending.addresses = settings.addresses.size();
  settings.max_idle_connection = options.max_idle_connection;
  settings.lookup = std::move(options.lookup);
  auto ca = CaBundle::Load(std::move(options.ca_file), files, telemetry);
  if (!ca) return std::unexpected(TransportProblem::kBadCaFile);
  auto loop = IoLoop::Start(std::move(settings), std::move(ca), clock, telemetry);
  if (!loop) return std::unexpected(TransportProblem::kNoResources);
  return std::unique_ptr<CurlHttpTransport>(new CurlHttpTransport(std::move(loop)));
}

CurlHttpTransport::CurlHttpTransport(std::shared_ptr<IoLoop> loop) : loop_(std::move(loop)) {}

CurlHttpTransport::~CurlHttpTransport() { loop_->StopAndJoin(); }

std::unique_ptr<ports::PendingCall> CurlHttpTransport::Send(
    ports::HttpRequest request, ports::CompletionWith<ports::HttpOutcome> done) {
  const IoLoop::RequestId id = loop_->Enqueue(std::move(request), std::move(done));
  return std::make_unique<RequestHandle>(loop_, id);
}

void CurlHttpTransport::AwaitNames(core::Duration limit) const { loop_->AwaitNames(limit); }

void CurlHttpTransport::Shutdown() { loop_->BeginShutdown(); }

}  // namespace baokms::adapters::transit_http
