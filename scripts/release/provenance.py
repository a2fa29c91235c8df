#!/usr/bin/env python3
"""provenance.py OUTPUT BUILDER VERSION COMMIT EPOCH THIRD-PARTY-LICENSES FILE...: an in-toto statement with SLSA
provenance (v1) of the FILEs, checked: from which commit, by whom, with which compiler and libraries they were built.

It names no moment of the build, so that the same build by the same builder gives the same bytes.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from linked import Linked, read_linked

# Ours; docs/verify-a-download.md says what it stands for.
BUILD_TYPE = "urn:uuid:3c2f0f3e-52a1-4f6e-9d7f-6a3d2b8e4c11"


def subject(path: Path):
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ResourceDescriptor(name=path.name, digest={"sha256": digest}).pb


def compiler() -> str:
    fields = "${source:Package} ${source:Version}"
    command = ["dpkg-query", "--show", f"--showformat={fields}", "g++-12"]
    name, version = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return Linked(name, version, "").purl


def main() -> None:
    output, builder, version, commit, epoch, licenses, *files = sys.argv[1:]
    predicate = {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {"version": version, "commit": commit},
            "internalParameters": {"SOURCE_DATE_EPOCH": epoch},
            "resolvedDependencies": [
                {"name": "source", "digest": {"gitCommit": commit}},
                {"name": "compiler", "uri": compiler()},
                *({"name": part.source, "uri": part.purl} for part in read_linked(Path(licenses))),
            ],
        },
        "runDetails": {"builder": {"id": builder}},
    }
    # A field that SLSA does not know, or one of another type, is an error here.
    json_format.ParseDict(predicate, provenance_pb2.Provenance())
    for dependency in predicate["buildDefinition"]["resolvedDependencies"]:
        ResourceDescriptor.copy_from_pb(json_format.ParseDict(dependency, ResourceDescriptor().pb)).validate()
    statement = Statement(
        [subject(path) for path in sorted(map(Path, files))], "https://slsa.dev/provenance/v1", predicate
    )
    statement.validate()
    Path(output).write_text(json_format.MessageToJson(statement.pb, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
