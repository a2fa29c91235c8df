// Load straight on Transit by a client that takes as little of the machine as libcurl allows: warm
// keep-alive TLS connections over HTTP/1.1, the caller's thread, bodies that were built before,
// replies that nobody reads.
#pragma once

#include <memory>
#include <string>

#include "tests/support/measure/load.h"

namespace baokms::testing {

// One thread.
class TransitLoad {
 public:
  struct Options {
    std::string address;  // "https://127.0.0.1:8200"
    std::string ca_file;
    std::string token;
    int connections = 1;  // and as many requests at any time
  };

  explicit TransitLoad(const Options& options);
  ~TransitLoad();

  // `path` is below /v1/. The first calls of each connection begin with a handshake.
  LoadResult Post(const std::string& path, const std::string& body, LoadLimit limit);
  // At most Options::connections are under way, whatever `arrivals` allows.
  LoadResult Arrive(const std::string& path, const std::string& body, const Arrivals& arrivals);

 private:
  struct Client;
  std::unique_ptr<Client> client_;
};

}  // namespace baokms::testing
