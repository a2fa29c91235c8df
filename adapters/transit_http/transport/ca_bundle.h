// The configured CA file, read by us: curl would cache it for a day and never see it change
// (libraries.md, "libcurl").
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/model/time.h"
#include "ports/file_reader.h"
#include "ports/telemetry.h"

namespace baokms::adapters::transit_http {

// The PEM of every CERTIFICATE block of `pem`, re-encoded; nullopt when there is none or one does
// not parse. Other blocks and the text around are dropped.
std::optional<std::string> NormalisedCertificates(std::string_view pem);

// The file of the system's authorities, where each family of distributions keeps it: that of Debian
// first, as Debian's curl. Symlinks are resolved: how the system gets there is not the
// configuration's business. Empty when there is none.
std::string SystemCaFile();
// The same of these places, the first one that is there.
std::string FirstCaFile(std::span<const char* const> places);

// One thread at a time; blocks for a stat, and for one local read when the file changed or its last
// read was of no use.
class CaBundle {
 public:
  // nullptr when the file cannot be read or holds no usable certificates.
  static std::unique_ptr<CaBundle> Load(std::string path, const ports::FileReader& files,
                                        ports::Telemetry& telemetry);

  // The certificates to use now, as PEM. Looks at the file at most once a second. One that cannot
  // be read or used is reported once and read again at every look, and the last good one stays.
  const std::shared_ptr<const std::string>& Current(core::MonotonicTime now);

 private:
  // What a replaced or rewritten file cannot keep.
  struct Stamp {
    bool exists = false;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  CaBundle(std::string path, const ports::FileReader& files, ports::Telemetry& telemetry)
      : path_(std::move(path)), files_(files), telemetry_(telemetry) {}
  static Stamp StampOf(const std::string& path);
  std::shared_ptr<const std::string> Read() const;

  const std::string path_;
  const ports::FileReader& files_;
  ports::Telemetry& telemetry_;
  Stamp stamp_;
  // The content under stamp_ is the one in use, and was read when a later write could no longer
  // have had the same stamp: not at the first sight of it.
  bool settled_ = false;
  bool reported_ = false;
  std::optional<core::MonotonicTime> looked_at_;
  std::shared_ptr<const std::string> pem_;
};

}  // namespace baokms::adapters::transit_http
