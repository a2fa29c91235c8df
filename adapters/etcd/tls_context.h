// The files of a TLS client, checked before any endpoint is asked.
#pragma once

#include <openssl/ssl.h>

#include <expected>
#include <memory>
#include <string>

#include "adapters/etcd/etcd_problem.h"
#include "core/model/secret.h"

namespace baokms::adapters::etcd {

// PEM. Without a client certificate both are empty.
struct TlsFiles {
  std::string ca = {};
  std::string certificate = {};  // and its intermediates
  core::Secret key = {};
};

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeContext>;

// TLS 1.2 or newer, trusting `files.ca` alone. kBadCa or kBadPair.
std::expected<TlsContext, EtcdProblem> MakeTlsContext(const TlsFiles& files);

}  // namespace baokms::adapters::etcd
