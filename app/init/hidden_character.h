// Characters that a reader of a script or of YAML would not see where they stand.
#pragma once

#include <string_view>

namespace baokms::app {

// Control characters, whitespace other than the space, marks of no width, of text direction and of
// byte order.
bool IsHidden(char32_t point);

// Whether a text holds one, or is no UTF-8.
bool HoldsHidden(std::string_view text);

}  // namespace baokms::app
