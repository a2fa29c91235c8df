"""statements.py RELEASE-DIRECTORY ARCHITECTURE=BUILD...: the SBOM and the provenance of a release, read back and checked by
the libraries of SPDX and in-toto, say the same as SHA256SUMS and the lists of what is linked."""

import hashlib
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

release = Path(sys.argv[1])
builds = dict(argument.split("=", 1) for argument in sys.argv[2:])
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
for architecture, build in builds.items():
    program = by_id[f"SPDXRef-program-{architecture}"]
    assert program.primary_package_purpose == PackagePurpose.APPLICATION
    with Path(build, "bin", "bao-kms-provider").open("rb") as file:
        assert program.checksums[0].value == hashlib.file_digest(file, "sha256").hexdigest()
    linked = {
        (by_id[r.related_spdx_element_id].name, by_id[r.related_spdx_element_id].version)
        for r in document.relationships
        if r.relationship_type == RelationshipType.STATIC_LINK and r.spdx_element_id == program.spdx_id
    }
    licenses = Path(build, "third-party-licenses.txt").read_text()
    listed = {tuple(line.split()) for line in licenses.split("=" * 78)[0].splitlines() if line.startswith("  ")}
    assert linked == listed and len(listed) > 10, linked ^ listed
    containing = {
        by_id[r.spdx_element_id].file_name
        for r in document.relationships
        if r.relationship_type == RelationshipType.CONTAINS and r.related_spdx_element_id == program.spdx_id
    }
    rpm = {"amd64": "x86_64", "arm64": "aarch64"}[architecture]
    ends = (f"_{architecture}.deb", f"{rpm}.rpm", f"{architecture}.tar.gz", ".oci.tar")
    with_it = {n for n in sums if n.endswith(ends) and not n.startswith("bao-kms-provider-pkcs11")}
    assert containing == with_it and len(with_it) >= 3, (containing, with_it)
files = {p.file_name: p.checksums[0].value for p in document.packages if p.file_name and "-program-" not in p.spdx_id}
wanted = {n: d for n, d in sums.items() if n.endswith((".deb", ".rpm", ".tar.gz", ".oci.tar"))}
assert files == wanted, (files, wanted)

statement = json_format.Parse(provenance_file.read_text(), statement_pb2.Statement())
Statement.copy_from_pb(statement).validate()
assert statement.predicate_type == "https://slsa.dev/provenance/v1"
predicate = json.loads(json_format.MessageToJson(statement))["predicate"]
provenance = json_format.ParseDict(predicate, provenance_pb2.Provenance())
assert provenance.run_details.builder.id and provenance.build_definition.build_type
subjects = {subject.name: subject.digest["sha256"] for subject in statement.subject}
assert subjects == {n: d for n, d in sums.items() if n != provenance_file.name}, subjects
print("ok: SBOM and provenance")
