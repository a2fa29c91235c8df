#include "core/model/secret.h"

#include <doctest/doctest.h>

#include <array>
#include <type_traits>
#include <utility>

namespace baokms::core {
namespace {

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_copy_assignable_v<Secret>);

TEST_CASE("Secret: holds a copy and a clone is another copy") {
  Secret secret = Secret::Copy("abc");
  const Secret clone = secret.Clone();
  secret.MutableBytes()[0] = 'X';
  CHECK(secret.ExposeSecret() == "Xbc");
  CHECK(clone.ExposeSecret() == "abc");
}

TEST_CASE("Secret: a moved-from one is empty") {
  Secret from = Secret::Copy("abc");
  Secret to(std::move(from));
  CHECK(from.empty());  // NOLINT(bugprone-use-after-move): the state that move leaves
  CHECK(to.ExposeSecret() == "abc");
  Secret other = Secret::Copy("defg");
  other = std::move(to);
  CHECK(to.empty());  // NOLINT(bugprone-use-after-move)
  CHECK(other.ExposeSecret() == "abc");
}

TEST_CASE("Secret: cutting wipes the rest and never grows") {
  Secret secret = Secret::Copy("abcdef");
  const char* memory = secret.ExposeSecret().data();
  secret.Truncate(2);
  CHECK(secret.ExposeSecret() == "ab");
  CHECK(memory[2] == '\0');
  CHECK(memory[5] == '\0');
  secret.Truncate(4);
  CHECK(secret.size() == 2);
}

TEST_CASE("Secret: a fresh one is zero-filled and an empty one holds nothing") {
  CHECK(Secret::OfSize(3).ExposeSecret() == std::string_view("\0\0\0", 3));
  CHECK(Secret::OfSize(0).empty());
  CHECK(Secret::Copy("").empty());
}

TEST_CASE("WipeMemory: leaves zeroes") {
  std::array<char, 4> bytes{'a', 'b', 'c', 'd'};
  WipeMemory(bytes.data(), bytes.size());
  CHECK(bytes == std::array<char, 4>{});
}

}  // namespace
}  // namespace baokms::core
