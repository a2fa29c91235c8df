#include "adapters/grpc_kms/listen_problem.h"

namespace baokms::adapters::grpc_kms {

std::string_view Message(ListenProblem problem) {
  switch (problem) {
    case ListenProblem::kPathUnusable:
      return "server.socketPath cannot be used as the address of a Unix socket";
    case ListenProblem::kDirectoryMissing:
      return "the directory of server.socketPath is missing, not a directory, or a symlink";
    case ListenProblem::kDirectoryNotOwned:
      return "the directory of server.socketPath is not owned by the provider's user";
    case ListenProblem::kDirectoryWritable:
      return "the directory of server.socketPath is writable by its group or by others";
    case ListenProblem::kLocked:
      return "another process is creating the socket at server.socketPath";
    case ListenProblem::kLockUnusable:
      return "the lock of server.socketPath is not a regular file that only the provider's user "
             "can "
             "open";
    case ListenProblem::kNotASocket:
      return "something that is not a socket exists at server.socketPath";
    case ListenProblem::kAlreadyServed:
      return "another process is serving server.socketPath";
    case ListenProblem::kExistingSocketUnproven:
      return "the existing socket at server.socketPath could not be proven to be unused";
    case ListenProblem::kGroupRefused:
      return "the socket could not be given to server.socketGroup";
    case ListenProblem::kSystem:
      return "the operating system refused to create the socket";
  }
  return "the server could not listen on the socket";
}

std::string_view AdviceFor(ListenProblem problem) {
  switch (problem) {
    case ListenProblem::kPathUnusable:
      return "use an absolute path of at most 107 bytes that ends in a file name";
    case ListenProblem::kDirectoryMissing:
      return "create it as a real directory (systemd-tmpfiles --create, or the pod's hostPath)";
    case ListenProblem::kDirectoryNotOwned:
      return "chown the directory to the user that runs the provider";
    case ListenProblem::kDirectoryWritable:
      return "chmod the directory to 2750";
    case ListenProblem::kLocked:
      return "make sure that only one provider runs, then start again";
    case ListenProblem::kLockUnusable:
      return "find out what created the file next to it that ends in .lock, and remove that file";
    case ListenProblem::kNotASocket:
      return "find out what created it, and remove it by hand";
    case ListenProblem::kAlreadyServed:
      return "stop the other provider before you start this one";
    case ListenProblem::kExistingSocketUnproven:
      return "find out which process uses the socket; if there is none, remove the socket by hand";
    case ListenProblem::kGroupRefused:
      return "make the provider's user a member of that group";
    case ListenProblem::kSystem:
      return "check the limits on open files and threads, free space and the sandbox";
  }
  return "see the documentation";
}

}  // namespace baokms::adapters::grpc_kms
