// The items of a Transit request: one from the top-level fields, or those of batch_input, and the
// reply over them. Which error spoils one item and which the whole batch is OpenBao 2.5.3's choice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/support/emulator/logical.h"

namespace baokms::emulator {

enum class TransitAction { kEncrypt, kDecrypt };

struct TransitItem {
  std::string input;  // plaintext or ciphertext
  std::string associated_data;
  std::string reference;
  std::int64_t key_version = 0;
  // What came of it.
  std::string output;
  std::string error;
  std::int64_t used_version = 0;
};

struct TransitItems {
  bool batch = false;
  std::vector<TransitItem> items;
  bool user_error = false;
  bool internal_error = false;
};

std::variant<TransitItems, Outcome> ReadTransitItems(const Json& data, TransitAction action);
Outcome TransitReply(const Json& data, const TransitItems& items, TransitAction action);

}  // namespace baokms::emulator
