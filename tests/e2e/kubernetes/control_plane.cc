#include "tests/e2e/kubernetes/control_plane.h"

#include <doctest/doctest.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <thread>

#include "core/text/base64.h"

namespace baokms::e2e {
namespace {

using testing::HttpAnswer;

// What no object may show in etcd.
std::string ValueOf(const std::string& name) { return "plain-value-of-" + name; }

// As docs/encrypt-a-cluster.md tells: another name in `resources`.
std::string WithMoreResources(std::string text) {
  const std::string secrets = "      - secrets\n";
  const std::size_t at = text.find(secrets);
  REQUIRE(at != std::string::npos);
  return text.insert(at + secrets.size(), "      - configmaps\n      - widgets.example.org\n");
}

Json Object(const Resource& resource, const std::string& name) {
  Json object = {{"apiVersion", resource.api_version},
                 {"kind", resource.kind},
                 {"metadata", {{"name", name}}}};
  if (resource.kind == "Secret") {
    object["data"] = {{"value", core::Base64Encode(ValueOf(name))}};
  } else if (resource.kind == "ConfigMap") {
    object["data"] = {{"value", ValueOf(name)}};
  } else {
    object["spec"] = {{"value", ValueOf(name)}};
  }
  return object;
}

Json Widgets() {
  const Json schema = {
      {"openAPIV3Schema",
       {{"type", "object"},
        {"properties",
         {{"spec", {{"type", "object"}, {"properties", {{"value", {{"type", "string"}}}}}}}}}}}};
  return {{"apiVersion", "apiextensions.k8s.io/v1"},
          {"kind", "CustomResourceDefinition"},
          {"metadata", {{"name", "widgets.example.org"}}},
          {"spec",
           {{"group", "example.org"},
            {"scope", "Namespaced"},
            {"names", {{"plural", "widgets"}, {"singular", "widget"}, {"kind", "Widget"}}},
            {"versions",
             Json::array(
                 {{{"name", "v1"}, {"served", true}, {"storage", true}, {"schema", schema}}})}}}};
}

ControlPlaneNodes MakeNodes(std::size_t size, Bench& bench, const testing::EtcdUnderTest& etcd) {
  ControlPlaneNodes nodes;
  while (nodes.size() < size) nodes.push_back(std::make_unique<ControlPlaneNode>(bench, etcd));
  return nodes;
}

bool Has(const Resource& resource, const std::string& name, const HttpAnswer& answer) {
  if (answer.status != 200) return false;
  const Json object = Json::parse(answer.body, nullptr, false);
  const Json expected = Object(resource, name);
  const char* field = expected.contains("data") ? "data" : "spec";
  return object.is_object() && object.value(field, Json()) == expected.at(field);
}

}  // namespace

const std::vector<Resource>& EncryptedResources() {
  static const std::vector<Resource> resources = {
      {"secrets", "/api/v1/namespaces/app/secrets", "Secret", "v1", "/registry/secrets/app/"},
      {"configmaps", "/api/v1/namespaces/app/configmaps", "ConfigMap", "v1",
       "/registry/configmaps/app/"},
      {"widgets.example.org", "/apis/example.org/v1/namespaces/app/widgets", "Widget",
       "example.org/v1", "/registry/example.org/widgets/app/"}};
  return resources;
}

bool SkippedWithoutControlPlane() {
  return testing::SkippedWithoutEtcd() || testing::SkippedWithoutKubeApiServer();
}

ControlPlane::ControlPlane(std::size_t size)
    : nodes(MakeNodes(size, bench, etcd)),
      node(nodes.front()->node),
      provider(nodes.front()->provider),
      api(nodes.front()->api) {
  const testing::TempDirectory& directory = node.config.directory();
  directory.Write("values.yaml", node.config.tree.dump(2), 0644);
  const std::string bundle = directory.File("bundle");
  const CommandResult made =
      RunCommand({"init", "--values", directory.File("values.yaml"), "--out", bundle,
                  "--allow-socket-parent", node.config.socket_directory()});
  INFO(made.err);
  REQUIRE(made.code == 0);
  readers_ = WithMoreResources(testing::ReadWholeFile(bundle + "/encryption-config-readers.yaml"));
  writers_ = WithMoreResources(testing::ReadWholeFile(bundle + "/encryption-config.yaml"));
  writers_only_ = WithMoreResources(
      testing::ReadWholeFile(bundle + "/encryption-config-without-identity.yaml"));
  for (const auto& each : nodes) each->provider.emplace(each->node.config);
}

std::string ControlPlane::IdentityOnly() const {
  const std::size_t kms = readers_.find("      - kms:\n");
  REQUIRE(kms != std::string::npos);
  return readers_.substr(0, kms);
}

std::string ControlPlane::ProviderName() const {
  return node.config.tree.at("transit").at("keyIdScope").at("providerName");
}

void ControlPlane::Configure(const std::string& encryption_configuration) const {
  for (const auto& each : nodes) Configure(encryption_configuration, *each);
}

void ControlPlane::Configure(const std::string& encryption_configuration,
                             const ControlPlaneNode& one) const {
  const std::string socket = node.config.socket();
  std::string text = encryption_configuration;
  if (const std::size_t at = text.find(socket); at != std::string::npos) {
    text.replace(at, socket.size(), one.node.config.socket());
  }
  one.api.WriteEncryptionConfiguration(text);
}

void ControlPlane::Begin(const std::string& encryption_configuration) {
  Configure(encryption_configuration);
  for (const auto& each : nodes) each->api.Start();
  const Json space = {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", "app"}}}};
  REQUIRE(api.Ask("POST", "/api/v1/namespaces", space).status == 201);
  const HttpAnswer made =
      api.Ask("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", Widgets());
  INFO(made.body);
  REQUIRE(made.status == 201);
  for (const auto& each : nodes) {
    REQUIRE(Eventually(Milliseconds(60000), [&] {
      return each->api.Ask("GET", EncryptedResources().back().path).status == 200;
    }));
  }
}

double ControlPlane::Reload(const std::string& encryption_configuration) {
  const auto reloads = [this] {
    std::vector<double> counts;
    for (const auto& each : nodes) {
      counts.push_back(each->api
                           .Metric("apiserver_encryption_config_controller_automatic_reloads_total",
                                   {R"(status="success")"})
                           .value_or(0));
    }
    return counts;
  };
  const std::vector<double> before = reloads();
  Configure(encryption_configuration);
  const double seconds = SecondsUntil(Milliseconds(150000), [&] {
    CheckReadable();
    CheckHealthy();
    std::this_thread::sleep_for(Milliseconds(500));
    return std::ranges::equal(before, reloads(), std::less());
  });
  CheckReadable();
  return seconds;
}

HttpAnswer ControlPlane::Post(const Resource& resource, const std::string& name,
                              const testing::KubeApiServer& server) {
  return server.Ask("POST", resource.path, Object(resource, name));
}

void ControlPlane::Create(const std::string& name, const testing::KubeApiServer& server) {
  for (const Resource& resource : EncryptedResources()) {
    HttpAnswer made = Post(resource, name, server);
    // A custom resource is served a moment after it is listed.
    REQUIRE(Eventually(Milliseconds(20000), [&] {
      if (made.status != 201) made = Post(resource, name, server);
      return made.status == 201 || made.status == 409;
    }));
  }
  objects_.push_back(name);
}

void ControlPlane::CheckReadable() const {
  for (const auto& each : nodes) {
    for (const Resource& resource : EncryptedResources()) {
      for (const std::string& name : objects_) {
        const HttpAnswer answer = each->api.Ask("GET", resource.path + "/" + name);
        CAPTURE(resource.name);
        CAPTURE(name);
        CAPTURE(answer.body);
        CHECK(Has(resource, name, answer));
      }
    }
  }
}

void ControlPlane::CheckHealthy() const {
  for (const auto& each : nodes) {
    CHECK(each->api.Ready());
    CHECK(each->api.Live());
  }
}

int ControlPlane::Rewrite() const {
  int replaced = 0;
  for (const Resource& resource : EncryptedResources()) {
    const std::string in_namespace = "/namespaces/app/";
    const std::size_t at = resource.path.find(in_namespace);
    const std::string api_path = resource.path.substr(0, at);
    const std::string plural = resource.path.substr(at + in_namespace.size());
    const HttpAnswer list = api.Ask("GET", api_path + "/" + plural);
    REQUIRE(list.status == 200);
    const Json items = Json::parse(list.body).at("items");
    REQUIRE(items.size() >= objects_.size());
    for (Json object : items) {
      object["apiVersion"] = resource.api_version;
      object["kind"] = resource.kind;
      const Json& about = object.at("metadata");
      const std::string path = api_path + "/namespaces/" +
                               about.at("namespace").get<std::string>() + "/" + plural + "/" +
                               about.at("name").get<std::string>();
      const HttpAnswer written = api.Ask("PUT", path, object);
      INFO(written.body);
      REQUIRE((written.status == 200 || written.status == 409));
      if (written.status == 200) ++replaced;
    }
  }
  return replaced;
}

HttpAnswer ControlPlane::WriteSecret(const std::string& name) const {
  return Post(EncryptedResources().front(), name, api);
}

HttpAnswer ControlPlane::ReadSecret(const std::string& name) const {
  return api.Ask("GET", EncryptedResources().front().path + "/" + name);
}

bool ControlPlane::SecretIsReadable(const std::string& name) const {
  return Has(EncryptedResources().front(), name, ReadSecret(name));
}

std::string ControlPlane::Stored(const Resource& resource, const std::string& name) const {
  const std::optional<std::string> stored = etcd.Get(resource.key + name);
  CAPTURE(resource.key + name);
  REQUIRE(stored.has_value());
  return *stored;
}

Json ControlPlane::Census() const { return node.Report(etcd.KeyUsageCommand()); }

int ControlPlane::EncryptedUnder(const Json& census, int version) {
  int objects = 0;
  for (const Json& entry : census.at("encrypted")) {
    if (entry.value("transitVersion", 0) == version) objects += entry.at("objects").get<int>();
  }
  return objects;
}

int ControlPlane::Encrypted(const Json& census) {
  int objects = 0;
  for (const Json& entry : census.at("encrypted")) objects += entry.at("objects").get<int>();
  return objects;
}

int ControlPlane::Plaintext(const Json& census) {
  int objects = 0;
  for (const Json& entry : census.at("plaintext")) {
    const bool ours = std::ranges::any_of(EncryptedResources(), [&](const Resource& resource) {
      return entry.at("resource") == resource.name;
    });
    if (ours) objects += entry.at("objects").get<int>();
  }
  return objects;
}

std::string KeyIdHash(const std::string& key_id) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(key_id.data()), key_id.size(), digest.data());
  std::string hash = "sha256:";
  for (const unsigned char byte : digest) {
    hash += "0123456789abcdef"[byte >> 4];
    hash += "0123456789abcdef"[byte & 15];
  }
  return hash;
}

double LastStatusWith(const std::string& key_id, const testing::KubeApiServer& api) {
  return api
      .Metric("apiserver_envelope_encryption_key_id_hash_status_last_timestamp_seconds",
              {"key_id_hash=\"" + KeyIdHash(key_id) + "\""})
      .value_or(0);
}

double SecondsSince(std::chrono::steady_clock::time_point begun) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

double SecondsUntil(Milliseconds limit, const std::function<bool()>& holds) {
  const auto begun = std::chrono::steady_clock::now();
  REQUIRE(Eventually(limit, holds));
  return SecondsSince(begun);
}

}  // namespace baokms::e2e
