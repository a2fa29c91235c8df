// HttpTransport over libcurl: one I/O thread, one multi handle, warm HTTP/1.1 connections
// (architecture.md, "Data path"). Authentication uses an instance of its own: a connection is
// never shared between requests that differ in what they prove (libraries.md, "libcurl").
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/transit_http/sending/sending_policy.h"
#include "adapters/transit_http/transport/name_lookup.h"
#include "ports/clock.h"
#include "ports/file_reader.h"
#include "ports/http_transport.h"
#include "ports/telemetry.h"

namespace baokms::adapters::transit_http {

class IoLoop;

struct TransportOptions {
  // https URLs of one cluster, the preferred first; not empty.
  std::vector<std::string> addresses{};
  std::string tls_server_name{};  // empty: each address's own host
  std::string ca_file{};          // the only authorities trusted
  // "http://host:port" of a proxy that tunnels to them and looks up their names; empty: none.
  // ProbeTls uses none.
  std::string proxy{};
  std::vector<std::string> headers{};  // "Name: value", sent with every request
  SendingLimits sending{};             // but for `addresses`, which is counted here
  // How long an idle connection is kept; must exceed the probe interval to stay warm.
  std::chrono::seconds max_idle_connection{600};
  NameLookup lookup = SystemNameLookup;
};

enum class TransportProblem : std::uint8_t {
  kBadAddress,
  kBadHeader,  // one has a control character
  kBadProxy,
  kBadCaFile,  // unreadable, unsafe, or without a usable certificate
  kNoResources,
};

class CurlHttpTransport final : public ports::HttpTransport {
 public:
  // Reads the CA file and starts the I/O thread; no connection yet. The references must outlive the
  // transport. curl_global_init has been called.
  static std::expected<std::unique_ptr<CurlHttpTransport>, TransportProblem> Start(
      TransportOptions options, const ports::Clock& clock, const ports::FileReader& files,
      ports::Telemetry& telemetry);

  // Completes everything under way with ShuttingDown() and joins the I/O thread: not to be called
  // from a completion. Pending calls may outlive it.
  ~CurlHttpTransport() override;

  // Completions come inside the call or later, on any thread (ports/completion.h).
  std::unique_ptr<ports::PendingCall> Send(ports::HttpRequest request,
                                           ports::CompletionWith<ports::HttpOutcome> done) override;

  // Blocks until the name of each address has been looked up once, whatever came of it, or for
  // `limit`: for who would rather wait than spend a request's time on it. Any thread but the I/O
  // thread.
  void AwaitNames(core::Duration limit) const;

  // What is under way and every later request completes with ShuttingDown(). Any thread, never
  // blocks.
  void Shutdown();

 private:
  explicit CurlHttpTransport(std::shared_ptr<IoLoop> loop);
  std::shared_ptr<IoLoop> loop_;
};

}  // namespace baokms::adapters::transit_http
