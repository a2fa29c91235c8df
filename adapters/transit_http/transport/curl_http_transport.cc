#include "adapters/transit_http/transport/curl_http_transport.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "adapters/transit_http/transport/io_loop.h"

namespace baokms::adapters::transit_http {
namespace {

// A request lives in the loop; the handle only marks it, and may outlive both.
class RequestHandle final : public ports::PendingCall {
 public:
  RequestHandle(std::weak_ptr<IoLoop> loop, std::shared_ptr<std::atomic<bool>> abandoned)
      : loop_(std::move(loop)), abandoned_(std::move(abandoned)) {}
  void Abandon() override {
    if (abandoned_->exchange(true)) return;
    if (const auto loop = loop_.lock()) loop->Wake();
  }

 private:
  std::weak_ptr<IoLoop> loop_;
  std::shared_ptr<std::atomic<bool>> abandoned_;
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
  settings.transfer = {.headers = std::move(options.headers),
                       .max_idle_connection = options.max_idle_connection};
  settings.max_transfers = std::max<std::size_t>(1, options.max_transfers);
  settings.another_address_may_answer = options.another_address_may_answer;
  auto ca = CaBundle::Load(std::move(options.ca_file), files, telemetry);
  if (!ca) return std::unexpected(TransportProblem::kBadCaFile);
  auto loop = IoLoop::Start(std::move(settings), std::move(ca), clock, telemetry);
  if (!loop) return std::unexpected(TransportProblem::kNoResources);
  return std::unique_ptr<CurlHttpTransport>(new CurlHttpTransport(std::move(loop)));
}

CurlHttpTransport::CurlHttpTransport(std::shared_ptr<IoLoop> loop) : loop_(std::move(loop)) {}

CurlHttpTransport::~CurlHttpTransport() { loop_->StopAndJoin(); }

std::unique_ptr<ports::PendingCall> CurlHttpTransport::Send(
    ports::HttpRequest request, ports::Completion<ports::HttpReply> done) {
  auto abandoned = std::make_shared<std::atomic<bool>>(false);
  auto handle = std::make_unique<RequestHandle>(loop_, abandoned);
  loop_->Enqueue(std::move(request), std::move(done), std::move(abandoned));
  return handle;
}

void CurlHttpTransport::Shutdown() { loop_->BeginShutdown(); }

}  // namespace baokms::adapters::transit_http
