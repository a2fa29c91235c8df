// One client URL of etcd, as in its --listen-client-urls (reports-and-labels.md, "key-usage").
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace baokms::adapters::etcd {

struct Endpoint {
  bool tls = true;
  std::string host;  // without brackets; an address of IPv6 in its canonical text
  std::uint16_t port = 2379;

  // https://host[:port] or http://ADDRESS[:port] with a loopback address, because what etcd holds
  // crosses no network in the clear. The error says what to write instead.
  static std::expected<Endpoint, std::string_view> Parse(std::string_view url);
};

}  // namespace baokms::adapters::etcd
