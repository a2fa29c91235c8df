#include "adapters/transit_http/transport/ca_bundle.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "adapters/openssl/owners.h"

namespace baokms::adapters::transit_http {
namespace {

using openssl::BioPtr;
using openssl::X509Ptr;

constexpr core::Duration kLookInterval = std::chrono::seconds(1);

constexpr std::array kSystemPlaces = {
    "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Alpine, Arch, Gentoo, Flatcar
    "/etc/pki/tls/certs/ca-bundle.crt",    // Fedora, Red Hat and its rebuilds, Amazon Linux
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // where theirs leads
    "/etc/ssl/ca-bundle.pem",                             // SUSE
    "/etc/ssl/cert.pem",                                  // what LibreSSL made a custom
};

std::int64_t Nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::optional<std::string> NormalisedCertificates(std::string_view pem) {
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (!in || !out) return std::nullopt;
  ERR_clear_error();
  bool any = false;
  // Skips blocks of other types; no password is ever asked for, a certificate has none.
  while (const X509Ptr certificate{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)}) {
    if (PEM_write_bio_X509(out.get(), certificate.get()) != 1) return std::nullopt;
    any = true;
  }
  const unsigned long reason = ERR_peek_last_error();
  const bool at_end =
      ERR_GET_LIB(reason) == ERR_LIB_PEM && ERR_GET_REASON(reason) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!any || !at_end) return std::nullopt;
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string FirstCaFile(std::span<const char* const> places) {
  for (const char* place : places) {
    std::error_code error;
    const std::filesystem::path file = std::filesystem::canonical(place, error);
    if (!error) return file.string();
  }
  return {};
}

std::string SystemCaFile() { return FirstCaFile(kSystemPlaces); }

std::unique_ptr<CaBundle> CaBundle::Load(std::string path, const ports::FileReader& files,
                                         ports::Telemetry& telemetry) {
  std::unique_ptr<CaBundle> bundle(new CaBundle(std::move(path), files, telemetry));
  // The stamp comes first: a file replaced between the two is read again at the next look.
  bundle->stamp_ = StampOf(bundle->path_);
  bundle->pem_ = bundle->Read();
  return bundle->pem_ ? std::move(bundle) : nullptr;
}

const std::shared_ptr<const std::string>& CaBundle::Current(core::MonotonicTime now) {
  if (looked_at_ && now - *looked_at_ < kLookInterval) return pem_;
  const bool first_look = !looked_at_;
  looked_at_ = now;
  const Stamp stamp = StampOf(path_);
  const bool changed = stamp != stamp_;
  if (!changed && settled_) return pem_;
  stamp_ = stamp;
  std::shared_ptr<const std::string> pem = Read();
  settled_ = pem && !changed && !first_look;
  if (!pem) {
    if (changed || !reported_) telemetry_.CaFileRefused();
    reported_ = true;
    return pem_;
  }
  reported_ = false;
  // Equal content keeps the pointer and with it the warm connections.
  if (*pem != *pem_) pem_ = std::move(pem);
  return pem_;
}

CaBundle::Stamp CaBundle::StampOf(const std::string& path) {
  struct stat found{};
  if (lstat(path.c_str(), &found) != 0) return {};
  return {.exists = true,
          .device = found.st_dev,
          .inode = found.st_ino,
          .size = found.st_size,
          .modified_ns = Nanoseconds(found.st_mtim),
          .changed_ns = Nanoseconds(found.st_ctim)};
}

std::shared_ptr<const std::string> CaBundle::Read() const {
  const auto content = files_.Read(path_, ports::kCaFile);
  if (!content) return nullptr;
  auto pem = NormalisedCertificates(content->ExposeSecret());
  return pem ? std::make_shared<const std::string>(*std::move(pem)) : nullptr;
}

}  // namespace baokms::adapters::transit_http
