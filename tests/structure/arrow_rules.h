#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baokms::structure {

// What a source file does that its place in the tree does not allow, one "path:line: reason" each.
// `path` is relative to the project's root; files outside the product's folders have no rules.
//
//   core/text   the standard library, core/text
//   core/model  the standard library, core/text, core/model; libcrypto in secret.cc alone
//   ports       the standard library, core/text, core/model, ports
//   core        the standard library, core, ports; libcrypto in sha256.cc alone
//   adapters/x  core/text, core/model, ports, adapters/x, libraries; and adapters/openssl, posix
//   and
//               strict_json, which several adapters are made of
//   app         all of these
//
// adapters/transit_http/sending is as pure as core. core and ports have no threads, locks,
// environment, clock, randomness, streams or logging either.
std::vector<std::string> SourceViolations(std::string_view path, std::string_view text);

// The same arrows in an adapter's CMakeLists.txt: no target of core or of another adapter.
std::vector<std::string> LinkViolations(std::string_view path, std::string_view text);

}  // namespace baokms::structure
