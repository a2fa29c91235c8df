#include "app/process/environment.h"

#include <unistd.h>  // environ

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace baokms::app {
namespace {

// Whatever could redirect, record or weaken what the libraries do.
bool IsDangerous(std::string_view name) {
  for (const std::string_view prefix :
       {"GRPC_", "SSL_", "OPENSSL_", "CURL_", "GODEBUG", "MALLOC_", "SPDLOG_"}) {
    if (name.starts_with(prefix)) return true;
  }
  for (const std::string_view word :
       {"SSLKEYLOGFILE", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy",
        "ALL_PROXY", "no_proxy", "NO_PROXY", "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS"}) {
    if (name == word) return true;
  }
  return false;
}

std::string_view unused_proxy;  // a literal; set before any other thread

}  // namespace

std::string_view UnusedProxy() { return unused_proxy; }

void ScrubEnvironment() {
  unused_proxy = {};
  for (const char* name : {"ALL_PROXY", "all_proxy", "https_proxy", "HTTPS_PROXY"}) {
    const char* proxy = std::getenv(name);
    if (proxy != nullptr && *proxy != '\0') unused_proxy = name;
  }
  std::vector<std::string> names;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    if (IsDangerous(name)) names.emplace_back(name);
  }
  for (const std::string& name : names) unsetenv(name.c_str());
}

}  // namespace baokms::app
