// One look-up of a host name, on a thread of its own: a resolver may hang for as long as it likes
// without holding anything up, shutdown included.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace baokms::adapters::transit_http {

// IP addresses as text, without brackets, the preferred first. nullopt: the look-up failed.
using IpAddresses = std::optional<std::vector<std::string>>;
// Who needs an answer waits no longer than this for one look-up.
inline constexpr std::chrono::seconds kLongestLookUp{30};
// Blocks. Any thread, several at a time.
using NameLookup = std::function<IpAddresses(const std::string& host)>;

// The system's resolver: /etc/hosts, DNS, in the order of RFC 6724. IP addresses come back as they
// are, at once.
IpAddresses SystemNameLookup(const std::string& host);

// Whether `host` is an IP address already.
bool IsIpAddress(const std::string& host);

// Calls `done` with what `lookup` returns, on a thread that nobody waits for. False: no thread
// could be started, and `done` is never called.
bool LookUpInBackground(const NameLookup& lookup, std::string host,
                        std::move_only_function<void(IpAddresses)> done);

// Waits for it, for kLongestLookUp at most.
IpAddresses LookUpWithBound(const NameLookup& lookup, const std::string& host);

}  // namespace baokms::adapters::transit_http
