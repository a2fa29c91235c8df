// A small GET-only HTTP listener for health or metrics (observability.md, "Health"): one thread,
// every connection under total times, so that slow clients hold up nobody.
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

namespace baokms::adapters::health_http {

struct Reply {
  int status = 200;
  std::string body;
};

struct Route {
  std::string path;
  std::string content_type;
  // On the server's thread; must not block. What it throws becomes a 500 without a body.
  std::function<Reply()> handler;
};

// Defaults: observability.md, "Health". Others are for tests.
struct Limits {
  std::chrono::milliseconds headers{5000};  // from the first byte to the end of the headers
  std::chrono::milliseconds write{10000};
  std::chrono::milliseconds idle{30000};
  // When full, the oldest connection that has no request under way makes room.
  std::size_t connections = 128;
  // What could not be bound is tried again after this long.
  std::chrono::milliseconds bind_again{5000};
  // And a connection that could not be accepted, for want of descriptors or memory.
  std::chrono::milliseconds accept_again{100};
};

enum class ListenProblem : std::uint8_t {
  kMalformedAddress,
  kUnknownHost,
  kAddressInUse,
  kAddressNotAvailable,
  kNotPermitted,
  kFailed,
};

struct ListenTargets;

struct ListenerOptions {
  std::string address;  // host:port, [v6]:port or :port; port 0: any free one
  std::vector<Route> routes;
  Limits limits = {};
  // Null: the system's resolver. Others are for tests.
  std::function<std::expected<ListenTargets, ListenProblem>(std::string_view address)> resolve = {};
};

// A bounded word: "address_in_use".
std::string_view Name(ListenProblem problem);

// What becomes of the address; within Start, later on the server's thread.
struct ListenEvents {
  // Some or all of it cannot be bound. Once, until it is bound.
  std::function<void(ListenProblem)> not_bound;
  // All of it is bound after all.
  std::function<void()> bound;
};

class HttpServer {
 public:
  // Serves what can be bound, which are all addresses of the host, and tries again for the rest.
  // Asks the resolver for a name. The error: there is no thread or descriptor for a server at all.
  static std::expected<std::unique_ptr<HttpServer>, ListenProblem> Start(ListenerOptions options,
                                                                         ListenEvents events = {});
  // Cuts what is under way and joins the thread, or leaves it to a resolver that does not answer.
  ~HttpServer();

  // The port that is bound; 0 when none is.
  std::uint16_t port() const;

 private:
  class State;
  explicit HttpServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace baokms::adapters::health_http
