#include "tests/support/emulator/counters.h"

#include <algorithm>

namespace baokms::emulator {
namespace {

constexpr std::size_t kRemembered = 512;

}  // namespace

void Counters::Accepted() {
  const std::lock_guard lock(mutex_);
  ++accepted_;
}

void Counters::Handshake(const Peer& peer, bool done) {
  const std::lock_guard lock(mutex_);
  if (!done) {
    ++handshakes_failed_;
    return;
  }
  ++handshakes_;
  if (peer.resumed) ++handshakes_resumed_;
  if (peer.certificate != nullptr) ++handshakes_with_client_certificate_;
}

void Counters::Begin(std::string_view operation) {
  const std::lock_guard lock(mutex_);
  auto& entry = operations_[std::string(operation)];
  ++entry.requests;
  entry.most_in_flight = std::max(entry.most_in_flight, ++entry.in_flight);
}

void Counters::End(std::string_view operation, const HttpRequest& request, int status, bool faulted,
                   std::size_t batch_items) {
  const bool certificate = request.peer->certificate != nullptr;
  const std::lock_guard lock(mutex_);
  auto& entry = operations_[std::string(operation)];
  if (entry.in_flight > 0) --entry.in_flight;
  if (faulted) ++entry.faults;
  if (certificate) ++entry.with_client_certificate;
  entry.items += std::max<std::size_t>(1, batch_items);
  if (batch_items > 0) {
    ++entry.batches;
    entry.largest_batch = std::max<std::uint64_t>(entry.largest_batch, batch_items);
  }
  ++entry.statuses[status];
  if (seen_.size() == kRemembered) seen_.pop_front();
  seen_.push_back({std::string(operation), request.method, request.path,
                   std::string(request.Header("x-vault-namespace")),
                   std::string(request.Header("host")), request.peer->connection_id, status,
                   certificate, !request.Header("x-vault-token").empty(), faulted});
}

void Counters::Reset() {
  const std::lock_guard lock(mutex_);
  operations_.clear();
  seen_.clear();
  accepted_ = handshakes_ = handshakes_failed_ = 0;
  handshakes_resumed_ = handshakes_with_client_certificate_ = 0;
}

Json Counters::Totals() const {
  const std::lock_guard lock(mutex_);
  Json operations = Json::object();
  for (const auto& [name, entry] : operations_) {
    Json statuses = Json::object();
    for (const auto& [status, count] : entry.statuses) statuses[std::to_string(status)] = count;
    operations[name] = {{"requests", entry.requests},
                        {"faults", entry.faults},
                        {"items", entry.items},
                        {"batches", entry.batches},
                        {"largest_batch", entry.largest_batch},
                        {"with_client_certificate", entry.with_client_certificate},
                        {"most_in_flight", entry.most_in_flight},
                        {"statuses", statuses}};
  }
  return {{"operations", operations},
          {"connections_accepted", accepted_},
          {"tls_handshakes", handshakes_},
          {"tls_handshakes_failed", handshakes_failed_},
          {"tls_handshakes_resumed", handshakes_resumed_},
          {"tls_handshakes_with_client_certificate", handshakes_with_client_certificate_}};
}

Json Counters::Requests() const {
  const std::lock_guard lock(mutex_);
  Json list = Json::array();
  for (const Seen& seen : seen_) {
    list.push_back({{"operation", seen.operation},
                    {"method", seen.method},
                    {"path", seen.path},
                    {"namespace", seen.name_space},
                    {"host", seen.host},
                    {"connection", seen.connection},
                    {"status", seen.status},
                    {"client_certificate", seen.client_certificate},
                    {"token", seen.token},
                    {"faulted", seen.faulted}});
  }
  return list;
}

}  // namespace baokms::emulator
