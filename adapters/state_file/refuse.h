// How this adapter says no.
#pragma once

#include <expected>
#include <string_view>

#include "ports/state_store.h"

namespace baokms::adapters::state_file {

// `text` is a literal that says what is wrong and what to do, without a path or a value.
inline std::unexpected<ports::StateProblem> Refuse(ports::StateProblemKind kind,
                                                   std::string_view text) {
  return std::unexpected(ports::StateProblem{.kind = kind, .text = text});
}

}  // namespace baokms::adapters::state_file
