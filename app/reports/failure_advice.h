// What a person does about an error class or a readiness reason: names the configuration field or
// the condition, never a value. Empty when there is nothing more to say than its name.
#pragma once

#include <string>
#include <string_view>

#include "core/model/error.h"
#include "core/model/login.h"
#include "core/model/readiness.h"
#include "core/model/tls_failure.h"

namespace baokms::app {

std::string_view AdviceFor(core::ErrorClass error);
std::string_view AdviceFor(core::Reason reason);
std::string_view AdviceFor(core::TlsFailure why);
// Of this very error, where it tells more than its class.
std::string AdviceFor(const core::Error& error);
// Its own advice, or else that of its error.
std::string AdviceFor(const core::LoginFailure& failure);
// To end advice on an error of OpenBao's with: that a proxy is set and not used, where that may be
// why.
std::string ProxyNote(const core::Error& error);

// Of a node without a state whose key is rotated, also when there is no other node.
std::string_view AdviceWithoutState();

// "<name>: <advice>", or the name alone. `own_advice` is that of whoever knows better.
std::string NameAndAdvice(const core::Error& error, std::string_view own_advice = {});
std::string NameAndAdvice(core::Reason reason);

}  // namespace baokms::app
