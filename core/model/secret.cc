#include "core/model/secret.h"

#include <openssl/crypto.h>

#include <cstring>
#include <new>
#include <utility>

#include "core/text/base64.h"

namespace baokms::core {

Secret::~Secret() {
  // Works for memory of the secure heap and of the ordinary one alike.
  if (data_ != nullptr) OPENSSL_secure_clear_free(data_, capacity_);
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  Secret moved(std::move(other));
  std::swap(data_, moved.data_);
  std::swap(size_, moved.size_);
  std::swap(capacity_, moved.capacity_);
  return *this;
}

Secret Secret::OfSize(std::size_t size) {
  Secret secret;
  if (size == 0) return secret;
  // A full secure heap falls back to the ordinary one: unlocked, but wiped all the same.
  void* memory = OPENSSL_secure_zalloc(size);
  if (memory == nullptr) memory = OPENSSL_zalloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  secret.data_ = static_cast<char*>(memory);
  secret.size_ = size;
  secret.capacity_ = size;
  return secret;
}

Secret Secret::Copy(std::string_view bytes) {
  Secret secret = OfSize(bytes.size());
  if (!bytes.empty()) std::memcpy(secret.data_, bytes.data(), bytes.size());
  return secret;
}

void Secret::Truncate(std::size_t size) {
  if (size >= size_) return;
  OPENSSL_cleanse(data_ + size, size_ - size);
  size_ = size;
}

void WipeMemory(void* memory, std::size_t size) { OPENSSL_cleanse(memory, size); }

std::optional<Secret> Base64DecodeSecret(std::string_view text) {
  const auto size = Base64DecodedLength(text);
  if (!size) return std::nullopt;
  Secret bytes = Secret::OfSize(*size);
  Base64DecodeTo(text, bytes.MutableBytes().data());
  return bytes;
}

}  // namespace baokms::core
