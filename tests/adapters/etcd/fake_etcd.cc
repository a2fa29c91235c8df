#include "tests/adapters/etcd/fake_etcd.h"

#include <chrono>
#include <utility>

#include "tests/support/harness/harness_error.h"

namespace baokms::adapters::etcd {

FakeEtcd::FakeEtcd(Answer answer, const std::string& certificate, const std::string& key,
                   const std::string& host)
    : answer_(std::move(answer)), tls_(!certificate.empty()) {
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({.private_key = key, .cert_chain = certificate});
  grpc::ServerBuilder builder;
  builder.AddListeningPort(
      host + ":0", tls_ ? grpc::SslServerCredentials(options) : grpc::InsecureServerCredentials(),
      &port_);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  if (!server_) throw testing::HarnessError("the fake etcd cannot listen");
}

Endpoint FakeEtcd::endpoint() const {
  return {.tls = tls_, .host = "127.0.0.1", .port = static_cast<std::uint16_t>(port_)};
}

grpc::Status FakeEtcd::Range(grpc::ServerContext* /*context*/,
                             const etcdserverpb::RangeRequest* request,
                             etcdserverpb::RangeResponse* response) {
  asked.push_back(*request);
  return answer_(*request, *response);
}

}  // namespace baokms::adapters::etcd
