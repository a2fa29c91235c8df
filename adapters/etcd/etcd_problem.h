// Why etcd could not be read to the end, and what a person should do about it: never etcd's words,
// keys or values.
#pragma once

#include <cstdint>
#include <string_view>

namespace baokms::adapters::etcd {

enum class EtcdProblem : std::uint8_t {
  // Of the connection.
  kUnknownHost,
  kRefused,            // nobody listens
  kUnreachable,        // no route, or no answer to connecting
  kUntrusted,          // its certificate is not of --etcd-cacert, or has expired
  kOtherName,          // its certificate is for another host
  kClientCertificate,  // etcd wants a client certificate, or another one
  kNoTls,              // what answers speaks no TLS
  kNotEtcd,            // it speaks, but no gRPC, or knows no etcdserverpb.KV
  kSilent,             // connected, but no answer in time
  // Of etcd.
  kNotReady,      // it says that it cannot serve: no leader, stopping
  kDenied,        // its own access control
  kCompacted,     // the census's revision is gone
  kOtherCluster,  // this endpoint has another history than the one before
  kTooLarge,      // one value alone is larger than the bound
  kUnreadable,    // a reply that breaks the API's promises
  kFailed,        // any other gRPC status
  // Of what we were given.
  kBadCa,    // no certificate in it
  kBadPair,  // certificate and key do not parse, or do not belong together
};

std::string_view AdviceFor(EtcdProblem problem);

// Whether another endpoint, or the same a moment later, may do better.
bool IsWorthAnotherTry(EtcdProblem problem);

}  // namespace baokms::adapters::etcd
