// A credential that is one line of a file: a JWT, a client secret, a PIN. One rule for all of them
// (configuration-and-cli.md, "Files named in the configuration").
#pragma once

#include <cstdint>
#include <expected>

#include "core/model/secret.h"

namespace baokms::core {

enum class LineProblem : std::uint8_t {
  kNotOneLine,     // empty, or a line end or NUL inside
  kOuterBlank,     // begins or ends in a space or tab
  kByteOrderMark,  // begins with one, of UTF-8 or UTF-16
};

// Behind the credential and before its line ends. A JWT cannot contain blanks; a secret could, so
// dropping them would be a guess that costs a try.
enum class BlanksBehind : std::uint8_t { kDrop, kRefuse };

// `content` without the line ends behind it, LF and CR in any number.
std::expected<Secret, LineProblem> CredentialLine(Secret content, BlanksBehind blanks);

}  // namespace baokms::core
