// A Unix socket bound in a checked directory (security-and-deployment.md, "Socket").
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "adapters/grpc_kms/listen_problem.h"
#include "adapters/posix/descriptor.h"
#include "ports/telemetry.h"

namespace baokms::adapters::grpc_kms {

class UnixListener {
 public:
  struct Options {
    std::string path;            // absolute
    mode_t mode = 0660;          // permission bits
    std::optional<gid_t> group;  // none: the process's
    int backlog = 1024;
  };

  // Takes at most 1.25 s: 1 s for the lock (socket_lock.h), 250 ms for a stale socket's proof.
  // `telemetry` hears of a removed stale socket. Non-blocking, close-on-exec.
  static std::expected<UnixListener, ListenProblem> Open(const Options& options,
                                                         ports::Telemetry& telemetry);

  UnixListener(UnixListener&&) = default;
  UnixListener& operator=(UnixListener&&) = delete;
  ~UnixListener();

  int fd() const { return socket_.get(); }
  // Removes the path if it is still this socket, then stops listening. Idempotent.
  void Close();

 private:
  UnixListener(posix::Descriptor directory, std::string name, posix::Descriptor socket,
               dev_t device, ino_t inode);

  posix::Descriptor directory_;
  std::string name_;
  posix::Descriptor socket_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace baokms::adapters::grpc_kms
