// Bytes that must not leak: plaintexts, tokens, JWTs. Move-only, unprintable, locked in memory
// where the secure heap has room, wiped on release (security-and-deployment.md, "Process").
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace baokms::core {

class Secret {
 public:
  Secret() = default;
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  static Secret Copy(std::string_view bytes);
  // Zero-filled, to be written through MutableBytes().
  static Secret OfSize(std::size_t size);
  // An explicit second copy, for a retry.
  Secret Clone() const { return Copy(ExposeSecret()); }

  // The one way to read it; grep for it.
  std::string_view ExposeSecret() const { return {data_, size_}; }
  std::span<char> MutableBytes() { return {data_, size_}; }
  // Cuts to `size` <= size(); the rest is wiped at once.
  void Truncate(std::size_t size);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// What a strict standard, padded base64 text encodes; nullopt when it is none.
std::optional<Secret> Base64DecodeSecret(std::string_view text);

// Zeroes memory in a way the compiler cannot drop.
void WipeMemory(void* memory, std::size_t size);

}  // namespace baokms::core
