// An open file, socket or other descriptor, closed when its owner goes.
#pragma once

#include <unistd.h>

#include <utility>

namespace baokms::adapters::posix {

// One thread at a time. What close() says is not looked at: where it matters, Release and close.
class Descriptor {
 public:
  Descriptor() = default;
  // Negative: none.
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = other.Release();
    }
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  // Stays the owner's.
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  // The caller's from now on.
  int Release() { return std::exchange(fd_, -1); }
  void Reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace baokms::adapters::posix
