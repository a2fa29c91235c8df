// A peer that speaks just enough HTTP/2 to misbehave: frames are written by hand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace baokms::adapters::grpc_kms::testing {

// The client's opening bytes and a SETTINGS frame.
std::string Http2Opening();
// As above, but nothing may be sent to us: every stream starts with an empty window.
std::string Http2OpeningWithClosedWindow();
// A whole unary RPC, or with `finished` false one whose message never ends.
std::string Http2Rpc(std::uint32_t stream, std::string_view method, std::string_view message,
                     bool finished = true);
// The caller of that stream leaves.
std::string Http2Reset(std::uint32_t stream);
// Writes it all; false when the peer has closed or does not take it within 2 s.
bool SendAll(int fd, std::string_view bytes);

}  // namespace baokms::adapters::grpc_kms::testing
