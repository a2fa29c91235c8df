// One page of a running provider's health or metrics listener, as a command on the same node reads
// it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace baokms::adapters::health_http {

struct Page {
  int status = 0;    // 200, 503 ...
  std::string body;  // cut at 4 MiB
};

// GET `path` of whatever listens at `address`, which is written as in server.healthAddress and may
// name all addresses of the node. Blocks for `most` at most, beside the resolver. nullopt: nobody
// listens, or what listens speaks no HTTP or does not answer in time.
std::optional<Page> ReadPage(std::string_view address, std::string_view path,
                             std::chrono::milliseconds most);

}  // namespace baokms::adapters::health_http
