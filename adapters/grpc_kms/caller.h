// Whoever sent an RPC and waits for its answer.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include "core/model/error.h"

namespace baokms::adapters::grpc_kms {

class Caller {
 public:
  virtual ~Caller() = default;
  // One of the two, once. Any thread, does not block. The caller may be gone when it returns.
  virtual void Reply(const grpc::ByteBuffer& reply) = 0;
  virtual void Refuse(const core::Error& error) = 0;
};

}  // namespace baokms::adapters::grpc_kms
