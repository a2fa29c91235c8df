// An etcd that answers what the test says, over real gRPC.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/etcd/endpoint.h"
#include "adapters/etcd/etcd.grpc.pb.h"

namespace baokms::adapters::etcd {

class FakeEtcd final : public etcdserverpb::KV::Service {
 public:
  using Answer =
      std::function<grpc::Status(const etcdserverpb::RangeRequest&, etcdserverpb::RangeResponse&)>;

  // Over TLS with `certificate` and `key` (PEM), else in the clear.
  explicit FakeEtcd(Answer answer) : FakeEtcd(std::move(answer), "", "") {}
  FakeEtcd(Answer answer, const std::string& certificate, const std::string& key,
           const std::string& host = "127.0.0.1");
  ~FakeEtcd() override { Stop(); }

  Endpoint endpoint() const;
  void Stop() {
    if (server_) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }
  std::vector<etcdserverpb::RangeRequest> asked;

 private:
  grpc::Status Range(grpc::ServerContext* context, const etcdserverpb::RangeRequest* request,
                     etcdserverpb::RangeResponse* response) override;

  Answer answer_;
  bool tls_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace baokms::adapters::etcd
