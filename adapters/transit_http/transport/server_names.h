// Where the names of the configured addresses point to: looked up in the background, kept while DNS
// fails, looked up again before they become too old (request-scheduling.md, "Names"). It only
// decides; the I/O loop looks up. One thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "adapters/transit_http/transport/name_lookup.h"
#include "core/model/time.h"

namespace baokms::adapters::transit_http {

class ServerNames {
 public:
  static constexpr core::Duration kTooOld = std::chrono::seconds(60);
  // A failed look-up is the answer for so long; longer while there are addresses from before.
  static constexpr core::Duration kFailureHolds = std::chrono::milliseconds(500);
  static constexpr core::Duration kFailureHoldsWithAddresses = std::chrono::seconds(5);
  // Addresses that cannot be connected to are older than they look.
  static constexpr core::Duration kTooOldAfterFailure = std::chrono::seconds(1);

  // `hosts`: one for each address, names or IP addresses.
  explicit ServerNames(std::vector<std::string> hosts);

  struct Answer {
    // The one to connect to. None: not known.
    std::optional<std::string> ip;
    // Begin one, and call Finished with its result.
    bool look_up = false;
    // Not known, and a look-up is under way or to be begun; else it failed a moment ago.
    bool wait = false;
  };
  // For an attempt at address `server`. With `another`, not the one that attempts begin with, where
  // the name has several.
  Answer Ask(std::size_t server, bool another, core::MonotonicTime now);

  // What a look-up brought.
  enum class News { kNone, kFailedFirst, kWorksAgain };
  News Finished(std::size_t server, IpAddresses found, core::MonotonicTime now);

  // Each name has been looked up once, whatever came of it.
  bool AllLookedUp() const;

  // How an attempt ended: attempts begin with an address that worked.
  void Worked(std::size_t server, const std::string& ip);
  void Failed(std::size_t server, const std::string& ip);

  const std::string& host(std::size_t server) const { return servers_[server].host; }

 private:
  struct Server;
  static core::Duration Holds(const Server& server);

  struct Server {
    std::string host;
    bool literal = false;
    std::vector<std::string> ips{};  // the one that attempts begin with in front
    bool looking_up = false;
    bool failing = false;      // the last look-up
    bool unreachable = false;  // the last attempt
    std::optional<core::MonotonicTime> finished_at{};
  };
  std::vector<Server> servers_;
};

}  // namespace baokms::adapters::transit_http
