// One HTTP exchange with one address, and after it the next: the curl handle and what does not
// change in it are kept, and nothing of a request is (libraries.md, "libcurl"). Used by the I/O
// thread alone.
#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/transit_http/transport/last_alert.h"
#include "adapters/transit_http/transport/proxy_address.h"
#include "adapters/transit_http/transport/reply_buffer.h"
#include "adapters/transit_http/transport/server_address.h"
#include "core/model/client_identity.h"
#include "core/model/error.h"
#include "core/model/time.h"
#include "ports/http_transport.h"

namespace baokms::adapters::transit_http {

// What does not change between transfers.
struct TransferSettings {
  std::vector<std::string> headers;     // "Name: value", sent with every request
  std::optional<ProxyAddress> proxy{};  // all servers are reached through it
};

// One attempt: where to, and over which connections.
struct TransferTarget {
  const ServerAddress& address;
  const std::string& ip;  // the address's, or the proxy's
  bool fresh_connection = false;
  std::chrono::seconds max_idle_connection{0};  // of one that is used again
  CURLSH* tls_sessions = nullptr;               // where those to resume are kept; null: none are
  // Presented on a connection that requests which present the same one share. Null: none, or the
  // request's own.
  core::ClientIdentityRef identity{};
};

class Transfer {
 public:
  // `settings` must outlive it. Throws std::bad_alloc alone, as Begin does.
  explicit Transfer(const TransferSettings& settings);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // `request` and the target's address must live until End or the destructor. `time_left` > 0 is
  // the request's whole remaining budget; connecting gets a third of it (wire-contract.md,
  // "Budget").
  void Begin(const ports::HttpRequest& request, const TransferTarget& target,
             std::shared_ptr<const std::string> ca_pem, core::Duration time_left);
  // Of a transfer that curl has ended; the next may begin. One that was cut off begins no other.
  void End();

  CURL* handle() const { return easy_.get(); }

  // After curl reported the transfer's end.
  int http_status() const;
  std::string content_type() const;
  // Of one that curl reports as failed.
  core::Error WhyFailed(CURLcode code) const;
  // Whether the reply has begun.
  bool heard() const { return header_bytes_ > 0; }
  // For a transfer that curl reports as failed to write.
  bool over_bound() const { return over_bound_; }
  // False when the peer closed before the empty line: curl takes such a reply for a whole one.
  bool headers_complete() const { return headers_complete_; }
  core::Secret TakeBody() { return body_.Take(); }

 private:
  struct CloseEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  // Over which connections it goes; all but the request.
  struct Way {
    const ServerAddress* address = nullptr;
    std::string ip{};
    std::shared_ptr<const std::string> ca_pem{};
    core::ClientIdentityRef identity{};  // presented; null: none
    bool own_connection = false;         // nobody's before and after
    CURLSH* tls_sessions = nullptr;
    friend bool operator==(const Way&, const Way&) = default;
  };

  void SetForAll();
  void SetWay(Way way);
  void SetPlace();
  void SetTrust();
  void SetRequest(const ports::HttpRequest& request);
  void SetHeaders(const ports::HttpRequest& request);
  static CURLcode OnTlsContext(CURL* easy, void* context, void* self);
  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* self);

  const TransferSettings& settings_;
  Way way_;
  std::shared_ptr<const std::string> trusted_pem_;  // as curl has it
  std::unique_ptr<curl_slist, FreeList> connect_to_;

  // Of the request.
  std::size_t max_reply_bytes_ = 0;
  std::size_t max_error_bytes_ = 0;
  core::Secret credential_line_;
  // Nodes that we link ourselves: curl_slist_append would copy the credential to plain memory.
  std::vector<curl_slist> headers_;
  ReplyBuffer body_;
  std::size_t header_bytes_ = 0;
  bool headers_complete_ = false;
  bool over_bound_ = false;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  LastAlert alert_;  // of the connection, when this exchange is its first; null: it is not

  std::unique_ptr<CURL, CloseEasy> easy_;  // last: closed before what it points to
};

}  // namespace baokms::adapters::transit_http
