// The lock around the creation of a socket (security-and-deployment.md, "Socket"): a file of our
// own next to it. A lock on the directory could be held by everyone who may read the directory,
// which the socket's group may.
#pragma once

#include <expected>
#include <string>

#include "adapters/grpc_kms/listen_problem.h"
#include "adapters/posix/descriptor.h"

namespace baokms::adapters::grpc_kms {

// "<socket_name>.lock" in `directory`, which nobody else may write. Waits at most 1 s for another
// process. Closing the descriptor releases the lock, and so does a death; the file stays, because a
// file that is removed under a waiter would be two locks. kLocked, kLockUnusable, kSystem.
std::expected<posix::Descriptor, ListenProblem> TakeSocketLock(int directory,
                                                               const std::string& socket_name);

}  // namespace baokms::adapters::grpc_kms
