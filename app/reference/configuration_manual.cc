#include "adapters/config_yaml/field_table.h"
#include "app/reference/field_facts.h"
#include "app/reference/pages.h"
#include "app/reference/roff_page.h"

namespace baokms::app {

std::string ConfigurationManual(const Edition& edition) {
  RoffPage page("BAO-KMS-PROVIDER.YAML", "5", edition, "File Formats Manual");
  page.Section("NAME");
  page.NameLine("bao-kms-provider.yaml", "configuration of bao-kms-provider");
  page.Section("SYNOPSIS");
  page.Paragraph("`/etc/openbao-kms/config.yaml`");
  page.Section("DESCRIPTION");
  page.Paragraph(
      "YAML, `configVersion: v1alpha1`. Unknown and duplicate keys are refused with their line "
      "number, and all problems are reported at once. Durations are written as 500ms, 2s or 1h30m. "
      "Values are not converted: text must be a YAML string, so a number or yes must be quoted. "
      "The file itself must be a regular file of mode 0640 or stricter.");
  page.Paragraph(
      "Identity fields must be the same on every node and must not change once data is encrypted: "
      "`bao-kms-provider config fingerprint` prints a hash of them.");
  page.Section("OPTIONS");
  std::string_view section = "-";
  for (const adapters::config_yaml::Field& field : adapters::config_yaml::Fields()) {
    if (SectionOf(field) != section) {
      section = SectionOf(field);
      if (!section.empty()) page.Subsection(section);
    }
    std::string text(field.description);
    text += " (" + TypeAndRule(field);
    if (!field.default_value.empty()) text.append("; default ").append(field.default_value);
    if (const std::string conditions = Conditions(field); !conditions.empty()) {
      text += "; " + conditions;
    }
    page.Item(field.name, text + ")");
  }
  page.Section("EXAMPLES");
  page.Paragraph("The minimum that a file must contain, with a JWT from a file:");
  page.Example(R"(configVersion: v1alpha1
server:
  socketGroup: openbao-kms-socket
openbao:
  address: https://openbao.example:8200
  caCertFile: /etc/openbao-kms/tls/ca.crt
  tlsServerName: openbao.example
  instanceId: openbao-1
auth:
  method: jwt
  jwt:
    source: file
    mountPath: auth/jwt
    role: kubernetes-kms
    jwtFile: /var/lib/openbao-kms/identity.jwt
transit:
  mountPath: transit
  keyName: kubernetes
  keyIdScope:
    providerName: openbao-kms
    clusterId: cluster-1
    transitMountId: transit-1
    keyLineageId: lineage-1)");
  page.Section("SEE ALSO");
  page.Paragraph("`bao-kms-provider`(8)");
  return page.text();
}

}  // namespace baokms::app
