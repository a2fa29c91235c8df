#include "core/census/stored_resource.h"

#include <doctest/doctest.h>

#include <string>

namespace baokms::core {
namespace {

std::string Of(const std::string& key) { return ResourceOf(key, kRegistryRoot); }

TEST_CASE("Stored resource: built-in resources have their name first") {
  CHECK(Of("/registry/secrets/default/token") == "secrets");
  CHECK(Of("/registry/configmaps/kube-system/a/b") == "configmaps");
  CHECK(Of("/registry/deployments/default/web") == "deployments");
  CHECK(Of("/registry/namespaces/default") == "namespaces");
}

TEST_CASE("Stored resource: renamed resources have the name of today") {
  CHECK(Of("/registry/services/specs/default/web") == "services");
  CHECK(Of("/registry/services/endpoints/default/web") == "endpoints");
  CHECK(Of("/registry/minions/node-1") == "nodes");
  CHECK(Of("/registry/controllers/default/rc") == "replicationcontrollers");
  CHECK(Of("/registry/ingress/default/web") == "ingresses");
  CHECK(Of("/registry/services/else/a") == "other");
}

TEST_CASE("Stored resource: custom resources have their group") {
  CHECK(Of("/registry/example.org/widgets/default/one") == "widgets.example.org");
  CHECK(Of("/registry/apiregistration.k8s.io/apiservices/v1.") ==
        "apiservices.apiregistration.k8s.io");
}

TEST_CASE("Stored resource: an odd key is other and never its own bytes") {
  for (const char* key :
       {"/registry/", "/registry//a", "/registry/Secrets/a", "/registry/a\x1b[31m/b",
        "/registry/example.org", "/registry/example.org/", "/registry/.org/W/x",
        "/registry/a\xff/b", "/reg"}) {
    CAPTURE(key);
    CHECK(Of(key) == "other");
  }
  CHECK(Of("/registry/" + std::string(64, 'a') + "/b") == "other");
  CHECK(Of("/registry/" + std::string(63, 'a') + "/b") == std::string(63, 'a'));
  CHECK(Of("/registry/" + std::string(253, 'a') + "./b") == "other");
}

TEST_CASE("Stored resource: a longer prefix does not make names of namespaces") {
  CHECK(ResourceOf("/registry/secrets/default/token", "/registry/secrets/default/") == "secrets");
}

TEST_CASE("Stored resource: another API server's prefix is where its keys begin") {
  CHECK(ResourceOf("/kubernetes.io/secrets/default/token", "/kubernetes.io/") == "secrets");
  CHECK(ResourceOf("/k/registry/secrets", "/k/") == "registry");
}

}  // namespace
}  // namespace baokms::core
