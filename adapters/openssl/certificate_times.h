// The times that a certificate names.
#pragma once

#include <openssl/asn1.h>

#include <cstdint>
#include <optional>

#include "adapters/openssl/owners.h"
#include "core/model/time.h"

namespace baokms::adapters::openssl {

// Seconds since 1970; nullopt for a damaged time.
inline std::optional<core::UnixSeconds> SecondsOf(const ASN1_TIME* time) {
  const Asn1TimePtr epoch(ASN1_TIME_set(nullptr, 0));
  int days = 0;
  int seconds = 0;
  if (!epoch || ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) return std::nullopt;
  return std::int64_t{86400} * days + seconds;
}

}  // namespace baokms::adapters::openssl
