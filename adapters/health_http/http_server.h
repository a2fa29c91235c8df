// Small GET-only HTTP listeners for health and metrics (observability.md, "Health"): all of them on
// one thread, every connection under total times, so that slow clients hold up nobody.
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
  // A listener; when full, the oldest connection that has no request under way makes room.
  std::size_t connections = 128;
};

struct ListenerOptions {
  std::string address;  // host:port, [v6]:port or :port; port 0: any free one
  std::vector<Route> routes;
  Limits limits = {};
};

enum class ListenProblem : std::uint8_t {
  kMalformedAddress,
  kUnknownHost,
  kAddressInUse,
  kAddressNotAvailable,
  kNotPermitted,
  kFailed,
};

struct ListenFailure {
  ListenProblem problem;
  std::size_t listener;     // which of the options
  std::string_view advice;  // what is wrong and what to do, without the address
};

class HttpServer {
 public:
  // Binds all or none; starts one thread.
  static std::expected<std::unique_ptr<HttpServer>, ListenFailure> Start(
      std::vector<ListenerOptions> listeners);
  // Cuts what is under way and joins the thread.
  ~HttpServer();

  // The port that was bound, of the listener with this number.
  std::uint16_t port(std::size_t listener) const;

 private:
  class State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace baokms::adapters::health_http
