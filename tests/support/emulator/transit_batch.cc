#include "tests/support/emulator/transit_batch.h"

#include <algorithm>
#include <utility>

#include "tests/support/emulator/fields.h"

namespace baokms::emulator {
namespace {

std::string GoType(const Json& value) {
  if (value.is_number()) return "json.Number";
  if (value.is_string()) return "string";
  if (value.is_boolean()) return "bool";
  if (value.is_array()) return "[]interface {}";
  return value.is_null() ? "<nil>" : "map[string]interface {}";
}

std::string ItemField(std::size_t index, std::string_view name) {
  return "'[" + std::to_string(index) + "]." + std::string(name) + "'";
}

void ReadItemText(const Json& item, std::size_t index, std::string_view name, std::string* into,
                  std::string* errors) {
  const auto found = item.find(name);
  if (found == item.end() || found->is_null()) return;
  if (found->is_string()) {
    *into = found->get<std::string>();
    return;
  }
  *errors += ItemField(index, name) + " expected type 'string', got unconvertible type '" +
             GoType(*found) + "'\n";
}

Outcome BatchUnreadable(const std::string& why) {
  return Outcome::Wrapped(500, "failed to parse batch input: " + why);
}

std::variant<TransitItems, Outcome> ReadBatch(const Json& batch, TransitAction action) {
  if (!batch.is_array()) {
    return BatchUnreadable("source data must be an array or slice, got " + GoType(batch));
  }
  const bool encrypt = action == TransitAction::kEncrypt;
  const std::string_view input_name = encrypt ? "plaintext" : "ciphertext";
  TransitItems items;
  items.batch = true;
  std::string errors;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Json& raw = batch[i];
    if (!raw.is_object()) {
      return BatchUnreadable("[" + std::to_string(i) + "] expected a map, got '" + GoType(raw) +
                             "'");
    }
    TransitItem item;
    if (!raw.contains(input_name)) {
      errors += ItemField(i, input_name) + " missing " + std::string(input_name) +
                (encrypt ? " to encrypt\n" : " to decrypt\n");
    }
    ReadItemText(raw, i, input_name, &item.input, &errors);
    if (const auto version = raw.find("key_version"); version != raw.end()) {
      if (version->is_number_integer()) {
        item.key_version = version->get<std::int64_t>();
      } else if (!version->is_null()) {
        errors += ItemField(i, "key_version") + " expected type 'int', got unconvertible type '" +
                  GoType(*version) + "'\n";
      }
    }
    ReadItemText(raw, i, "associated_data", &item.associated_data, &errors);
    ReadItemText(raw, i, "reference", &item.reference, &errors);
    items.items.push_back(std::move(item));
  }
  if (!errors.empty()) {
    errors.pop_back();
    return BatchUnreadable(errors);
  }
  if (items.items.empty()) return Outcome::Invalid("missing batch input to process");
  return items;
}

std::variant<TransitItems, Outcome> ReadSingle(const Json& data, TransitAction action) {
  const bool encrypt = action == TransitAction::kEncrypt;
  const auto input = StrictTextField(data, encrypt ? "plaintext" : "ciphertext");
  if (!input) return Outcome::Invalid(input.error());
  if (encrypt ? !input->has_value() : input->value_or("").empty()) {
    return Outcome::Invalid(encrypt ? "missing plaintext to encrypt"
                                    : "missing ciphertext to decrypt");
  }
  const auto associated_data = StrictTextField(data, "associated_data");
  if (!associated_data) return Outcome::Invalid(associated_data.error());
  TransitItem item;
  item.input = **input;
  item.associated_data = associated_data->value_or("");
  if (encrypt) {
    const auto version = IntField(data, "key_version", 0);
    if (!version) return Outcome::Invalid(version.error());
    item.key_version = *version;
  }
  TransitItems items;
  items.items.push_back(std::move(item));
  return items;
}

Json BatchResult(const TransitItem& item, TransitAction action) {
  Json result = {{"reference", item.reference}};
  if (!item.error.empty()) result["error"] = item.error;
  if (action == TransitAction::kDecrypt) {
    result["plaintext"] = item.output;  // "" in a failed item, as OpenBao has it
  } else if (item.error.empty()) {
    result["ciphertext"] = item.output;
    result["key_version"] = item.used_version;
  }
  return result;
}

}  // namespace

std::variant<TransitItems, Outcome> ReadTransitItems(const Json& data, TransitAction action) {
  const auto batch = data.find("batch_input");
  if (batch != data.end() && !batch->is_null()) return ReadBatch(*batch, action);
  return ReadSingle(data, action);
}

Outcome TransitReply(const Json& data, const TransitItems& items, TransitAction action) {
  const TransitItem& first = items.items.front();
  if (!items.batch) {
    if (!first.error.empty()) {
      return items.internal_error ? Outcome::Wrapped(500, first.error)
                                  : Outcome::Invalid(first.error);
    }
    if (action == TransitAction::kDecrypt) return Outcome::Data({{"plaintext", first.output}});
    return Outcome::Data({{"ciphertext", first.output}, {"key_version", first.used_version}});
  }
  Json results = Json::array();
  bool success = false;
  for (const TransitItem& item : items.items) {
    success = success || item.error.empty();
    results.push_back(BatchResult(item, action));
  }
  Outcome outcome = Outcome::Data({{"batch_results", std::move(results)}});
  if (!items.user_error && !items.internal_error) return outcome;
  outcome.status = items.user_error ? 400 : 500;
  const auto override_status = IntField(data, "partial_failure_response_code", 0);
  if (success && HasField(data, "partial_failure_response_code") && override_status) {
    if (*override_status < 1 || *override_status > 599) {
      outcome.warnings.push_back(
          "invalid HTTP response code override from partial_failure_response_code, reverting to " +
          std::to_string(outcome.status));
    } else {
      outcome.status = static_cast<int>(*override_status);
    }
  }
  return outcome;
}

}  // namespace baokms::emulator
