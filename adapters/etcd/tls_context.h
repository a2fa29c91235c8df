// The files of a TLS client, checked before any endpoint is asked.
#pragma once

#include <expected>
#include <string>

#include "adapters/etcd/etcd_problem.h"
#include "adapters/openssl/owners.h"
#include "core/model/secret.h"

namespace baokms::adapters::etcd {

// PEM. Without a client certificate both are empty.
struct TlsFiles {
  std::string ca = {};
  std::string certificate = {};  // and its intermediates
  core::Secret key = {};
};

// TLS 1.2 or newer, trusting `files.ca` alone. kBadCa or kBadPair.
std::expected<openssl::SslContextPtr, EtcdProblem> MakeTlsContext(const TlsFiles& files);

}  // namespace baokms::adapters::etcd
