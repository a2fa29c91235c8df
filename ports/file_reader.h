// Reading a file named in the configuration under the rules of configuration-and-cli.md ("Files
// named in the configuration"). The reader does not know what a file is for: the policy says it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "core/model/secret.h"

namespace baokms::ports {

enum class FileProblem : std::uint8_t {
  kNotAbsolute,
  kMissing,
  kUnreadable,
  kSymlink,  // one that is not followed
  kNotRegular,
  kUnsafePermissions,
  kChanged,  // between check and open, or while it was read
  kTooLarge,
  // Directories only.
  kNotDirectory,
  kWrongOwner,
};

// The words of auth.md ("source oauth2"); the last two are for directories.
constexpr std::string_view Name(FileProblem problem) {
  switch (problem) {
    case FileProblem::kNotAbsolute:
      return "absolute_path_required";
    case FileProblem::kMissing:
      return "file_missing";
    case FileProblem::kUnreadable:
      return "file_unreadable";
    case FileProblem::kSymlink:
      return "symlink_unsupported";
    case FileProblem::kNotRegular:
      return "regular_file_required";
    case FileProblem::kUnsafePermissions:
      return "unsafe_permissions";
    case FileProblem::kChanged:
      return "file_changed";
    case FileProblem::kTooLarge:
      return "file_too_large";
    case FileProblem::kNotDirectory:
      return "directory_required";
    case FileProblem::kWrongOwner:
      return "wrong_owner";
  }
  return "file_unreadable";
}

struct FilePolicy {
  std::uint32_t forbidden_mode_bits = 0;
  std::size_t max_bytes = 0;
};

// Mode bits: configuration-and-cli.md, "Files named in the configuration". Sizes: auth.md, "JWT"
// and "Certificates".
inline constexpr std::size_t kMebibyte = 1024 * 1024;
inline constexpr FilePolicy kConfigFile{.forbidden_mode_bits = 0037, .max_bytes = kMebibyte};
inline constexpr FilePolicy kJwtFile{.forbidden_mode_bits = 0037, .max_bytes = kMebibyte};
inline constexpr FilePolicy kCertificateChainFile{.forbidden_mode_bits = 0037,
                                                  .max_bytes = kMebibyte};
inline constexpr FilePolicy kPinFile{.forbidden_mode_bits = 0037, .max_bytes = 4 * 1024};
inline constexpr FilePolicy kClientSecretFile{.forbidden_mode_bits = 0137, .max_bytes = 64 * 1024};
// kube-apiserver's; read by `doctor` alone.
inline constexpr FilePolicy kEncryptionConfigFile{.forbidden_mode_bits = 0022,
                                                  .max_bytes = kMebibyte};
inline constexpr FilePolicy kCaFile{.forbidden_mode_bits = 0022, .max_bytes = kMebibyte};

// The socket's directory (security-and-deployment.md, "Socket").
struct DirectoryPolicy {
  std::uint32_t forbidden_mode_bits = 0022;
  std::uint32_t owner_uid = 0;
};

// Thread-safe; every call opens the file again and blocks for one local read at most.
class FileReader {
 public:
  virtual ~FileReader() = default;

  // The whole file. Follows links only where nobody but root and the reader's user can have placed
  // or can move them: else kSymlink. Never waits on a FIFO.
  virtual std::expected<core::Secret, FileProblem> Read(const std::string& path,
                                                        FilePolicy policy) const = 0;
  // All of Read's checks, content unread.
  virtual std::expected<void, FileProblem> Check(const std::string& path,
                                                 FilePolicy policy) const = 0;
  virtual std::expected<void, FileProblem> CheckDirectory(const std::string& path,
                                                          DirectoryPolicy policy) const = 0;
};

}  // namespace baokms::ports
