// Trompeloeil mocks of the ports that TransitKmsService calls. A completion is kept for the test to
// call, because real ports never complete inside the call.
#pragma once

#include <doctest/doctest.h>
//
#include <doctest/trompeloeil.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ports/key_discovery.h"
#include "ports/token_source.h"
#include "ports/transit.h"

namespace baokms::core::testing {

class MockTokenSource : public ports::TokenSource {
 public:
  MAKE_CONST_MOCK0(Current, ports::TokenRef(), override);
  // Expected by the generation that was denied.
  MAKE_MOCK3(Obtain, std::unique_ptr<ports::PendingCall>(std::uint64_t, MonotonicTime,
                                                         ports::Completion<ports::TokenRef>));
  std::unique_ptr<ports::PendingCall> Obtain(const TokenDenial& denied, MonotonicTime deadline,
                                             ports::Completion<ports::TokenRef> done) override {
    denial = denied;
    return Obtain(denied.generation, deadline, std::move(done));
  }
  TokenDenial denial;  // the last one
  MAKE_MOCK1(Reject, void(std::uint64_t), override);
};

class MockKeyDiscovery : public ports::KeyDiscovery {
 public:
  MAKE_MOCK3(Discover,
             std::unique_ptr<ports::PendingCall>(const KeyId&, MonotonicTime,
                                                 ports::Completion<void>),
             override);
};

class MockPendingCall : public ports::PendingCall {
 public:
  MAKE_MOCK0(Abandon, void(), override);
};

class MockTransit : public ports::TransitPort {
 public:
  MAKE_MOCK4(Encrypt,
             std::unique_ptr<ports::PendingCall>(ports::TokenRef, ports::TransitEncryptRequest,
                                                 MonotonicTime, ports::Completion<Ciphertext>),
             override);
  MAKE_MOCK4(Decrypt,
             std::unique_ptr<ports::PendingCall>(ports::TokenRef, ports::TransitDecryptRequest,
                                                 MonotonicTime, ports::Completion<Secret>),
             override);
  MAKE_MOCK3(ReadKeyMetadata,
             std::unique_ptr<ports::PendingCall>(ports::TokenRef, MonotonicTime,
                                                 ports::Completion<TransitKeyMetadata>),
             override);
  MAKE_MOCK3(ReadDisableUpsert,
             std::unique_ptr<ports::PendingCall>(ports::TokenRef, MonotonicTime,
                                                 ports::Completion<bool>),
             override);
  using Capabilities = std::map<std::string, std::vector<std::string>>;
  MAKE_MOCK4(ReadCapabilities,
             std::unique_ptr<ports::PendingCall>(ports::TokenRef, std::vector<std::string>,
                                                 MonotonicTime, ports::Completion<Capabilities>),
             override);
};

}  // namespace baokms::core::testing
