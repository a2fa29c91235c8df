// What `key-usage` prints for a person: what follows from the census, its tables, and what it
// cannot see. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "app/key_usage/key_usage_facts.h"

namespace baokms::app {

struct TextLayout {
  std::size_t width = 0;  // columns of the terminal; 0: no line is broken
  bool color = false;
};

std::string DescribeKeyUsage(const KeyUsageFacts& facts, const TextLayout& layout = {});

// "1,204,000".
std::string WithThousands(std::uint64_t number);

}  // namespace baokms::app
