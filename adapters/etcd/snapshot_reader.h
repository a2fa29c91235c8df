// Reads everything that etcd holds below a prefix as it was at one revision, page by page
// (reports-and-labels.md, "key-usage"). Never writes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/etcd/endpoint.h"
#include "adapters/etcd/etcd_problem.h"
#include "adapters/etcd/tls_context.h"

namespace baokms::adapters::etcd {

struct SnapshotOptions {
  std::vector<Endpoint> endpoints;  // members of one cluster, at least one
  TlsFiles tls = {};                // used when any endpoint is https
  // Of one reply. A page that is larger is asked for again with fewer keys; a single object that is
  // larger cannot be read.
  std::size_t max_message_bytes = std::size_t{16} * 1024 * 1024;
  std::chrono::milliseconds call_timeout = std::chrono::seconds(20);
  // Once the first page has come, every endpoint is tried this often, a second apart.
  int rounds = 5;
};

// What each endpoint said last, in the order they were tried: the index in `endpoints` and why.
struct EndpointProblem {
  std::size_t endpoint;
  EtcdProblem problem;
};
using EtcdFailure = std::vector<EndpointProblem>;

// One thread; Read blocks.
class SnapshotReader {
 public:
  // Called once for each object, in the order of their keys; the views end with the call.
  using Visitor = std::function<void(std::string_view key, std::string_view value)>;

  // kBadCa or kBadPair.
  static std::expected<SnapshotReader, EtcdProblem> Make(SnapshotOptions options);
  SnapshotReader(SnapshotReader&&) noexcept;
  ~SnapshotReader();

  // The revision that was read. Objects that were visited before a failure are no snapshot.
  // `largest_page`: keys a reply, at least 1; small replies grow up to it.
  std::expected<std::int64_t, EtcdFailure> Read(std::string_view prefix, std::int64_t largest_page,
                                                const Visitor& visit);

 private:
  class Session;
  explicit SnapshotReader(std::unique_ptr<Session> session);

  std::unique_ptr<Session> session_;
};

}  // namespace baokms::adapters::etcd
