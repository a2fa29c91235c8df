#include "adapters/transit_http/transport/server_names.h"

#include <algorithm>
#include <utility>

namespace baokms::adapters::transit_http {

ServerNames::ServerNames(std::vector<std::string> hosts) {
  for (std::string& host : hosts) {
    Server server{.host = std::move(host)};
    server.literal = IsIpAddress(server.host);
    if (server.literal) server.ips.push_back(server.host);
    servers_.push_back(std::move(server));
  }
}

ServerNames::Answer ServerNames::Ask(std::size_t index, bool another, core::MonotonicTime now) {
  Server& server = servers_[index];
  Answer answer;
  if (!server.ips.empty()) answer.ip = server.ips[another ? 1 % server.ips.size() : 0];
  if (server.literal) return answer;
  const bool settled = server.finished_at && now - *server.finished_at < Holds(server);
  answer.look_up = !server.looking_up && !settled;
  server.looking_up = server.looking_up || answer.look_up;
  answer.wait = !answer.ip && server.looking_up;
  return answer;
}

core::Duration ServerNames::Holds(const Server& server) {
  if (server.failing) return server.ips.empty() ? kFailureHolds : kFailureHoldsWithAddresses;
  return server.unreachable ? kTooOldAfterFailure : kTooOld;
}

ServerNames::News ServerNames::Finished(std::size_t index, IpAddresses found,
                                        core::MonotonicTime now) {
  Server& server = servers_[index];
  server.looking_up = false;
  server.finished_at = now;
  if (!found) return std::exchange(server.failing, true) ? News::kNone : News::kFailedFirst;
  // Where the warm connections lead stays in front.
  if (!server.ips.empty()) {
    const auto same = std::ranges::find(*found, server.ips.front());
    if (same != found->end()) std::rotate(found->begin(), same, found->end());
  }
  server.ips = *std::move(found);
  return std::exchange(server.failing, false) ? News::kWorksAgain : News::kNone;
}

bool ServerNames::AllLookedUp() const {
  return std::ranges::all_of(
      servers_, [](const Server& server) { return server.literal || server.finished_at; });
}

void ServerNames::Worked(std::size_t index, const std::string& ip) {
  servers_[index].unreachable = false;
  std::vector<std::string>& ips = servers_[index].ips;
  const auto worked = std::ranges::find(ips, ip);
  if (worked != ips.end()) std::rotate(ips.begin(), worked, ips.end());
}

void ServerNames::Failed(std::size_t index, const std::string& ip) {
  servers_[index].unreachable = true;
  std::vector<std::string>& ips = servers_[index].ips;
  if (!ips.empty() && ips.front() == ip) std::rotate(ips.begin(), ips.begin() + 1, ips.end());
}

}  // namespace baokms::adapters::transit_http
