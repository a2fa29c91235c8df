// When the next address is worth asking although this one replied.
#pragma once

#include <string_view>

namespace baokms::adapters::transit_http {

// By a reply's status and body. Pure; called on the I/O thread.
using AnotherAddressMayAnswer = bool (*)(int http_status, std::string_view body);

}  // namespace baokms::adapters::transit_http
