// The endpoint of a kms entry, read as kube-apiserver reads it: with Go's url.Parse, and then as a
// target of gRPC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace baokms::adapters::config_yaml {

enum class EndpointReading : std::uint8_t {
  kAccepted,
  kNoUrl,        // refused as a URL, or as a target
  kOtherScheme,  // refused: only unix is known
  kUnsure,  // a host with a user, an escape or brackets: Go's rules for those are not kept here
};

struct Endpoint {
  EndpointReading reading = EndpointReading::kNoUrl;
  // What is dialed; empty or relative to nothing where the URL has no path. Of kAccepted.
  std::string path;
};

Endpoint ReadEndpoint(std::string_view url);

}  // namespace baokms::adapters::config_yaml
