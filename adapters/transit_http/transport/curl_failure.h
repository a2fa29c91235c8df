// curl's result codes in our words (wire-contract.md, "DNS / connect / TLS failure").
#pragma once

#include <curl/curl.h>

#include <string_view>

#include "core/model/error.h"

namespace baokms::adapters::transit_http {

// What curl tells of a failed transfer that is still within its deadline.
struct CurlFailure {
  CURLcode code = CURLE_OK;  // never that
  long verify_result = 0;    // CURLINFO_SSL_VERIFYRESULT
  // CURLOPT_ERRORBUFFER: has the number of OpenSSL's error, which is all that is read.
  std::string_view text{};
  int alert = 0;  // the server's, as in last_alert.h
  bool asked_in_vain = false;
  bool presented = false;  // a client certificate
  bool reused = false;     // another transfer's connection
  bool heard = false;      // the reply had begun
  bool proxied = false;    // over a proxy's tunnel
  long proxy_status = 0;   // CURLINFO_HTTP_CONNECTCODE; 0: the proxy gave none
};

// A curl time-out is the connect time-out, which includes the proxy's answer.
core::Error ErrorOf(const CurlFailure& failure);

// Nothing reached the server.
bool IsConnectFailure(core::OpenBaoStatus status);

}  // namespace baokms::adapters::transit_http
