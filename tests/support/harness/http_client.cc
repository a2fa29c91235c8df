#include "tests/support/harness/http_client.h"

#include <curl/curl.h>

#include <memory>

#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

struct SlistDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t Append(char* data, std::size_t size, std::size_t count, void* target) {
  static_cast<std::string*>(target)->append(data, size * count);
  return size * count;
}

}  // namespace

struct HttpClient::Handle {
  std::unique_ptr<CURL, void (*)(CURL*)> curl;
};

HttpClient::HttpClient() {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  handle_ = std::make_unique<Handle>(Handle{{curl_easy_init(), &curl_easy_cleanup}});
  if (global != CURLE_OK || handle_->curl == nullptr) throw HarnessError("no curl");
}

HttpClient::~HttpClient() = default;

HttpAnswer HttpClient::Ask(const HttpQuestion& question) {
  CURL* curl = handle_->curl.get();
  curl_easy_reset(curl);  // all options, no connection
  std::unique_ptr<curl_slist, SlistDeleter> headers;
  for (const auto& [name, value] : question.headers) {
    headers.reset(curl_slist_append(headers.release(), (name + ": " + value).c_str()));
  }
  HttpAnswer answer;
  curl_easy_setopt(curl, CURLOPT_URL, question.url.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, question.method.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(question.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  if (!question.ca_file.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, question.ca_file.c_str());
  }
  if (!question.certificate_file.empty()) {
    curl_easy_setopt(curl, CURLOPT_SSLCERT, question.certificate_file.c_str());
    curl_easy_setopt(curl, CURLOPT_SSLKEY, question.key_file.c_str());
  }
  if (!question.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(question.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, question.body.c_str());
  }
  if (curl_easy_perform(curl) != CURLE_OK) return {};
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

HttpAnswer AskHttp(const HttpQuestion& question) { return HttpClient().Ask(question); }

}  // namespace baokms::testing
