"""statements.py RELEASE-DIRECTORY THIRD-PARTY-LICENSES: the SBOM and the provenance of a release, read back and checked by
the libraries of SPDX and in-toto, say the same as SHA256SUMS and the list of what is linked."""

import json
import sys
from pathlib import Path

from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from spdx_tools.spdx.model import PackagePurpose, RelationshipType
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

release, licenses = Path(sys.argv[1]), Path(sys.argv[2])
sums = {}
for line in (release / "SHA256SUMS").read_text().splitlines():
    digest, name = line.split("  ")
    sums[name] = digest
(sbom_file,) = release.glob("*.spdx.json")
(provenance_file,) = release.glob("*.intoto.json")

document = parse_file(str(sbom_file))
problems = validate_full_spdx_document(document)
assert not problems, problems
by_id = {package.spdx_id: package for package in document.packages}
linked = {
    (by_id[r.related_spdx_element_id].name, by_id[r.related_spdx_element_id].version)
    for r in document.relationships
    if r.relationship_type == RelationshipType.STATIC_LINK
}
listed = {tuple(line.split()) for line in licenses.read_text().split("=" * 78)[0].splitlines() if line.startswith("  ")}
assert linked == listed and len(listed) > 10, linked ^ listed
files = {p.file_name: p.checksums[0].value for p in document.packages if p.file_name and p.spdx_id != "SPDXRef-program"}
wanted = {n: d for n, d in sums.items() if n.endswith((".deb", ".rpm", ".tar.gz", ".oci.tar"))}
assert files == wanted, (files, wanted)
assert by_id["SPDXRef-program"].primary_package_purpose == PackagePurpose.APPLICATION

statement = json_format.Parse(provenance_file.read_text(), statement_pb2.Statement())
Statement.copy_from_pb(statement).validate()
assert statement.predicate_type == "https://slsa.dev/provenance/v1"
predicate = json.loads(json_format.MessageToJson(statement))["predicate"]
provenance = json_format.ParseDict(predicate, provenance_pb2.Provenance())
assert provenance.run_details.builder.id and provenance.build_definition.build_type
subjects = {subject.name: subject.digest["sha256"] for subject in statement.subject}
assert subjects == {n: d for n, d in sums.items() if n != provenance_file.name}, subjects
print("ok: SBOM and provenance")
