// JSON bodies of our requests, each built in one wiped buffer of its exact size.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/secret.h"
#include "core/model/transit_key_version.h"
#include "ports/transit.h"

namespace baokms::adapters::transit_http {

core::Secret EncryptBody(const ports::TransitEncryptRequest& request);
core::Secret DecryptBody(const ports::TransitDecryptRequest& request);
// `bodies`: of either of the two above, one kind, at least one.
core::Secret BatchBody(std::span<const std::string_view> bodies);
core::Secret CapabilitiesBody(const std::vector<std::string>& paths);
core::Secret RenewBody(std::chrono::seconds increment);

}  // namespace baokms::adapters::transit_http
