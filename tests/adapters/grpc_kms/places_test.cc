// Who gets a place and when it is free again (request-scheduling.md, "Places").
#include "adapters/grpc_kms/places.h"

#include <doctest/doctest.h>

#include <vector>

namespace baokms::adapters::grpc_kms {
namespace {

using enum core::KmsMethod;

constexpr uid_t kApiServer = 0, kOther = 1001, kThird = 1002, kFourth = 1003;

struct FewPlaces {
  Places places{{.status = 1, .encrypt = 2, .decrypt = 3}};
  std::vector<Places::Place> held;

  bool Take(core::KmsMethod method, std::optional<uid_t> uid) {
    auto place = places.Take(method, uid);
    if (!place) return false;
    held.push_back(*std::move(place));
    return true;
  }
};

}  // namespace

TEST_CASE_FIXTURE(FewPlaces, "Places: each method has its own limit") {
  for (const auto& [method, limit] : {std::pair(kStatus, 1), {kEncrypt, 2}, {kDecrypt, 3}}) {
    for (int i = 0; i < limit; ++i) CHECK(Take(method, kOther));
    CHECK_FALSE(Take(method, kOther));
  }
}

TEST_CASE_FIXTURE(FewPlaces, "Places: one is free again when it is destroyed") {
  CHECK(Take(kStatus, kOther));
  CHECK_FALSE(Take(kStatus, kOther));
  held.clear();
  CHECK(Take(kStatus, kOther));
}

TEST_CASE_FIXTURE(FewPlaces, "Places: a uid without one gets an extra one when all are taken") {
  for (int i = 0; i < 3; ++i) CHECK(Take(kDecrypt, kOther));
  CHECK_FALSE(Take(kDecrypt, kOther));
  CHECK(Take(kDecrypt, kApiServer));
  CHECK_FALSE(Take(kDecrypt, kApiServer));  // it holds one
  CHECK(Take(kDecrypt, kThird));
  CHECK_FALSE(Take(kDecrypt, kFourth));  // there are two
  CHECK_FALSE(Take(kDecrypt, kOther));
}

TEST_CASE_FIXTURE(FewPlaces, "Places: a uid whose extra one is free again gets the next") {
  for (int i = 0; i < 3; ++i) CHECK(Take(kDecrypt, kOther));
  for (int i = 0; i < 5; ++i) {
    CHECK(Take(kDecrypt, kApiServer));
    held.pop_back();
  }
}

TEST_CASE_FIXTURE(FewPlaces, "Places: what a uid holds of another method does not count") {
  CHECK(Take(kEncrypt, kApiServer));
  for (int i = 0; i < 3; ++i) CHECK(Take(kDecrypt, kOther));
  CHECK(Take(kDecrypt, kApiServer));
}

TEST_CASE_FIXTURE(FewPlaces, "Places: an extra one is none for those that come behind it") {
  for (int i = 0; i < 3; ++i) CHECK(Take(kDecrypt, kOther));
  CHECK(Take(kDecrypt, kApiServer));
  held.erase(held.begin());
  CHECK_FALSE(Take(kDecrypt, kOther));  // three are taken
  held.erase(held.begin());
  CHECK(Take(kDecrypt, kOther));
}

TEST_CASE_FIXTURE(FewPlaces, "Places: an unknown peer gets no extra one") {
  CHECK(Take(kStatus, std::nullopt));
  CHECK_FALSE(Take(kStatus, std::nullopt));
  CHECK(Take(kStatus, kApiServer));
}

TEST_CASE("Places: one may outlive them all") {
  std::optional<Places> places(Places::Limits{});
  const auto place = places->Take(kStatus, kOther);
  places.reset();
  CHECK(place.has_value());
}

}  // namespace baokms::adapters::grpc_kms
