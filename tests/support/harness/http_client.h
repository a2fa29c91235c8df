// Plain requests for the harness: OpenBao's API over HTTPS, health and metrics over HTTP. Another
// HTTP stack configuration than the provider's, on purpose as plain as possible.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace baokms::testing {

using Json = nlohmann::json;

struct HttpAnswer {
  int status = 0;  // 0: no answer
  std::string body = {};
};

struct HttpQuestion {
  std::string method = "GET";
  std::string url = {};
  std::string body = {};
  std::map<std::string, std::string> headers = {};
  std::string ca_file = {};           // for https
  std::string certificate_file = {};  // the client's; with key_file
  std::string key_file = {};
  std::chrono::milliseconds timeout{10000};
};

// Keeps its connections from one question to the next. One thread.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpAnswer Ask(const HttpQuestion& question);

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

// A new connection for each. Any thread.
HttpAnswer AskHttp(const HttpQuestion& question);

}  // namespace baokms::testing
