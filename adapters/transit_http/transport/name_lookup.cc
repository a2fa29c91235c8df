#include "adapters/transit_http/transport/name_lookup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include "adapters/posix/all_signals_blocked.h"

namespace baokms::adapters::transit_http {

IpAddresses SystemNameLookup(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) return std::nullopt;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  std::vector<std::string> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0,
                    NI_NUMERICHOST) != 0) {
      continue;
    }
    if (std::ranges::find(addresses, text.data()) == addresses.end()) {
      addresses.emplace_back(text.data());
    }
  }
  if (addresses.empty()) return std::nullopt;
  return addresses;
}

bool IsIpAddress(const std::string& host) {
  in6_addr parsed{};
  return inet_pton(AF_INET, host.c_str(), &parsed) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

bool LookUpInBackground(const NameLookup& lookup, std::string host,
                        std::move_only_function<void(IpAddresses)> done) {
  const posix::AllSignalsBlocked blocked;
  try {
    std::thread([lookup, host = std::move(host), done = std::move(done)]() mutable {
      done(lookup(host));
    }).detach();
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

IpAddresses LookUpWithBound(const NameLookup& lookup, const std::string& host) {
  auto promise = std::make_shared<std::promise<IpAddresses>>();
  std::future<IpAddresses> found = promise->get_future();
  const bool begun = LookUpInBackground(
      lookup, host, [promise](IpAddresses addresses) { promise->set_value(std::move(addresses)); });
  if (!begun || found.wait_for(kLongestLookUp) != std::future_status::ready) return std::nullopt;
  return found.get();
}

}  // namespace baokms::adapters::transit_http
