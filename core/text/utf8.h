// Whether bytes are text.
#pragma once

#include <string_view>

namespace baokms::core {

// UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF, nothing cut.
bool IsValidUtf8(std::string_view bytes);

}  // namespace baokms::core
