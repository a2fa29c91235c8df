#include "tests/support/emulator/transit_engine.h"

#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "tests/support/emulator/encoding.h"
#include "tests/support/emulator/fields.h"
#include "tests/support/emulator/transit_batch.h"

namespace baokms::emulator {
namespace {

std::optional<std::string> After(const std::string& path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return std::nullopt;
  return path.substr(prefix.size());
}

bool IsName(std::string_view text) {
  return !text.empty() && text.find('/') == std::string_view::npos;
}

void RecordError(const TransitError& error, TransitItem* item, TransitItems* items) {
  item->error = error.text;
  (error.internal ? items->internal_error : items->user_error) = true;
}

}  // namespace

Outcome TransitEngine::Handle(const Call& call) {
  if (const auto rest = After(call.path, "keys/")) return HandleKeys(call, *rest);
  if (call.path == "config/keys") return HandleConfigKeys(call);
  for (const auto action : {TransitAction::kEncrypt, TransitAction::kDecrypt}) {
    const bool encrypt = action == TransitAction::kEncrypt;
    const auto name = After(call.path, encrypt ? "encrypt/" : "decrypt/");
    if (!name || !IsName(*name)) continue;
    if (call.verb != Verb::kUpdate) return Outcome::UnsupportedOperation();
    return encrypt ? Encrypt(*name, call.data) : Decrypt(*name, call.data);
  }
  return Outcome::UnsupportedPath();
}

bool TransitEngine::EncryptWouldCreate(const std::string& path) const {
  const auto name = After(path, "encrypt/");
  if (!name) return false;
  const std::shared_lock lock(mutex_);
  return !keys_.contains(*name);
}

Outcome TransitEngine::HandleKeys(const Call& call, const std::string& rest) {
  const std::unique_lock lock(mutex_);
  if (rest.empty()) {
    if (call.verb != Verb::kList) return Outcome::UnsupportedOperation();
    Json names = Json::array();
    for (const auto& [name, key] : keys_) names.push_back(name);
    return names.empty() ? Outcome::NotFound() : Outcome::Data({{"keys", names}});
  }
  const auto slash = rest.find('/');
  const std::string name = rest.substr(0, slash);
  const std::string action = slash == std::string::npos ? "" : rest.substr(slash + 1);
  const auto found = keys_.find(name);
  const bool known = found != keys_.end();
  if (action.empty()) {
    switch (call.verb) {
      case Verb::kRead:
        return known ? Outcome::Data(found->second.Metadata()) : Outcome::NotFound();
      case Verb::kUpdate:
        return CreateKey(name, call.data);
      case Verb::kDelete:
        if (!known) {
          return Outcome::Invalid("error deleting policy " + name +
                                  ": could not delete key; not found");
        }
        if (!found->second.deletion_allowed()) {
          return Outcome::Invalid("error deleting policy " + name +
                                  ": deletion is not allowed for this key");
        }
        keys_.erase(found);
        return Outcome::NoContent();
      case Verb::kList:
        return Outcome::UnsupportedOperation();
    }
  }
  if (action != "rotate" && action != "config" && action != "trim") {
    return Outcome::UnsupportedPath();
  }
  if (call.verb != Verb::kUpdate) return Outcome::UnsupportedOperation();
  if (action == "rotate") {
    if (!known) return Outcome::Invalid("key not found");
    found->second.Rotate(clock_.UnixSeconds());
    return Outcome::Data(found->second.Metadata());
  }
  if (action == "trim") {
    if (!known) return Outcome::Invalid("invalid key name");
    const auto trimmed = found->second.Trim(call.data);
    return trimmed ? Outcome::Data(found->second.Metadata()) : Outcome::Invalid(trimmed.error());
  }
  if (!known) return Outcome::Invalid("no existing key named " + name + " could be found");
  const auto warning = found->second.Configure(call.data);
  if (!warning) return Outcome::Invalid(warning.error());
  Outcome outcome = Outcome::Data(found->second.Metadata());
  if (!warning->empty()) outcome.warnings.push_back(*warning);
  return outcome;
}

Outcome TransitEngine::CreateKey(const std::string& name, const Json& data) {
  const std::string type = HasField(data, "type") ? TextField(data, "type") : "aes256-gcm96";
  if (!TransitKey::KnownType(type)) return Outcome::Invalid("unknown key type " + type);
  const bool derived = BoolField(data, "derived", false);
  const bool convergent = BoolField(data, "convergent_encryption", false);
  if (convergent && !derived) {
    return Outcome::Invalid("convergent encryption requires derivation to be enabled");
  }
  const auto [entry, created] =
      keys_.try_emplace(name, TransitKey(name, type, clock_.UnixSeconds()));
  TransitKey& key = entry->second;
  if (created) {
    key.set_exportable(BoolField(data, "exportable", false));
    key.set_allow_plaintext_backup(BoolField(data, "allow_plaintext_backup", false));
    key.set_derived(derived);
    key.set_convergent(convergent);
    key.set_auto_rotate_period(DurationField(data, "auto_rotate_period", 0).value_or(0));
  }
  Outcome outcome = Outcome::Data(key.Metadata());
  if (!created) outcome.warnings.push_back("key " + name + " already existed");
  return outcome;
}

Outcome TransitEngine::HandleConfigKeys(const Call& call) {
  if (call.verb != Verb::kRead && call.verb != Verb::kUpdate) {
    return Outcome::UnsupportedOperation();
  }
  const std::unique_lock lock(mutex_);
  if (call.verb == Verb::kUpdate) disable_upsert_ = BoolField(call.data, "disable_upsert", false);
  return Outcome::Data({{"disable_upsert", disable_upsert_}});
}

Outcome TransitEngine::Encrypt(const std::string& name, const Json& data) {
  auto read = ReadTransitItems(data, TransitAction::kEncrypt);
  if (auto* refused = std::get_if<Outcome>(&read)) return *std::move(refused);
  auto& items = std::get<TransitItems>(read);
  std::shared_lock lock(mutex_);
  auto found = keys_.find(name);
  if (found == keys_.end()) {
    if (disable_upsert_) return Outcome::Invalid("encryption key not found");
    lock.unlock();
    {
      const std::unique_lock create(mutex_);
      keys_.try_emplace(name, TransitKey(name, "aes256-gcm96", clock_.UnixSeconds()));
    }
    lock.lock();
    found = keys_.find(name);
    if (found == keys_.end()) return Outcome::Invalid("encryption key not found");
  }
  const TransitKey& key = found->second;
  for (TransitItem& item : items.items) {
    auto ciphertext = key.Encrypt(item.key_version, item.input, item.associated_data);
    if (!ciphertext) {
      RecordError(ciphertext.error(), &item, &items);
      continue;
    }
    item.output = *std::move(ciphertext);
    item.used_version = item.key_version == 0 ? key.latest_version() : item.key_version;
  }
  return TransitReply(data, items, TransitAction::kEncrypt);
}

Outcome TransitEngine::Decrypt(const std::string& name, const Json& data) {
  auto read = ReadTransitItems(data, TransitAction::kDecrypt);
  if (auto* refused = std::get_if<Outcome>(&read)) return *std::move(refused);
  auto& items = std::get<TransitItems>(read);
  const std::shared_lock lock(mutex_);
  const auto found = keys_.find(name);
  if (found == keys_.end()) return Outcome::Invalid("encryption key not found");
  for (TransitItem& item : items.items) {
    if (item.input.empty()) {
      RecordError({/*internal=*/false, "missing ciphertext to decrypt"}, &item, &items);
      continue;
    }
    auto plaintext = found->second.Decrypt(item.input, item.associated_data);
    if (plaintext) {
      item.output = *std::move(plaintext);
    } else {
      RecordError(plaintext.error(), &item, &items);
    }
  }
  return TransitReply(data, items, TransitAction::kDecrypt);
}

bool TransitEngine::SetCreationTime(const std::string& key, std::int64_t version,
                                    std::int64_t unix_seconds) {
  const std::unique_lock lock(mutex_);
  const auto found = keys_.find(key);
  return found != keys_.end() && found->second.SetCreationTime(version, unix_seconds);
}

bool TransitEngine::RollBack(const std::string& key, std::int64_t latest_version) {
  const std::unique_lock lock(mutex_);
  const auto found = keys_.find(key);
  return found != keys_.end() && found->second.RollBackTo(latest_version);
}

}  // namespace baokms::emulator
