// A real kube-apiserver writes and reads through the provider.
#include <doctest/doctest.h>

#include "tests/e2e/kubernetes/control_plane.h"

namespace baokms::e2e {
namespace {

constexpr const char* kLatencies =
    "apiserver_envelope_encryption_kms_operations_latency_seconds_count";
constexpr const char* kOk = R"(grpc_status_code="OK")";

TEST_CASE("API server: etcd holds only ciphertext under Status' key_id and a new start reads it") {
  if (SkippedWithoutControlPlane()) return;
  ControlPlane plane;
  plane.Begin(plane.WritersOnly());
  const std::string key_id = plane.provider->KeyId();
  const std::string prefix = "k8s:enc:kms:v2:" + plane.ProviderName() + ":";
  for (int object = 0; object < 3; ++object) {
    plane.Create("object-" + std::to_string(object));
    plane.CheckHealthy();
  }
  for (const Resource& resource : EncryptedResources()) {
    for (int object = 0; object < 3; ++object) {
      const std::string name = "object-" + std::to_string(object);
      const std::string stored = plane.Stored(resource, name);
      CAPTURE(resource.name);
      CHECK(stored.starts_with(prefix));
      CHECK(Says(stored, key_id));
      CHECK_FALSE(Says(stored, "plain-value-of-"));
    }
  }
  plane.CheckReadable();
  plane.CheckHealthy();

  const std::string hash = "key_id_hash=\"" + KeyIdHash(key_id) + "\"";
  const std::string provider = "provider_name=\"" + plane.ProviderName() + "\"";
  const testing::KubeApiServer& api = plane.api;
  CHECK(api.Metric("apiserver_envelope_encryption_key_id_hash_total",
                   {hash, provider, R"(transformation_type="to_storage")"})
            .value_or(0) >= 9);
  CHECK(api.Metric("apiserver_envelope_encryption_key_id_hash_status_last_timestamp_seconds",
                   {hash, provider})
            .value_or(0) > 0);
  CHECK(api.Metric("apiserver_envelope_encryption_dek_source_cache_size", {provider}) == 1);
  CHECK(api.Metric("apiserver_envelope_encryption_invalid_key_id_from_status_total", {})
            .value_or(0) == 0);
  CHECK(api.Metric(kLatencies, {provider, "/Status\"", kOk}).value_or(0) >= 1);
  // One data key for everything that this start writes.
  CHECK(api.Metric(kLatencies, {provider, "/Encrypt\"", kOk}) == 1);
  CHECK(api.Metric("apiserver_envelope_encryption_kms_operations_latency_seconds_sum",
                   {provider, "/Encrypt\"", kOk})
            .value_or(0) > 0);
  const Json census = plane.Census();
  CHECK(plane.Encrypted(census) >= 9);
  CHECK(plane.EncryptedUnder(census, 1) == plane.Encrypted(census));
  CHECK(plane.Plaintext(census) == 0);

  // Nothing is remembered: what is read comes from etcd and is decrypted by the provider.
  plane.api.Restart();
  plane.CheckReadable();
  plane.CheckHealthy();
  CHECK(api.Metric(kLatencies, {provider, "/Decrypt\"", kOk}).value_or(0) >= 1);
  // The one that the start before wrote with, at least.
  CHECK(api.Metric("apiserver_envelope_encryption_dek_source_cache_size", {provider}).value_or(0) >=
        1);
  CHECK(api.Metric("apiserver_envelope_encryption_key_id_hash_total",
                   {hash, provider, R"(transformation_type="from_storage")"})
            .value_or(0) >= 9);
}

}  // namespace
}  // namespace baokms::e2e
