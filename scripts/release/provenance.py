#!/usr/bin/env python3
"""provenance.py OUTPUT BUILDER VERSION COMMIT EPOCH ARCHITECTURE=BUILD... -- FILE...: an in-toto statement with SLSA
provenance (v1) of the FILEs, checked: from which commit, by whom, with which compilers and libraries they were built.

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
from linked import Linked, all_linked, read_programs

# Ours; docs/verify-a-download.md says what it stands for.
BUILD_TYPE = "urn:uuid:3c2f0f3e-52a1-4f6e-9d7f-6a3d2b8e4c11"


def subject(path: Path):
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ResourceDescriptor(name=path.name, digest={"sha256": digest}).pb


def said_by(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def compiler(architecture: str) -> str:
    here = said_by("dpkg", "--print-architecture").strip()
    triplet = said_by("dpkg-architecture", f"-a{architecture}", "-qDEB_HOST_GNU_TYPE").strip()
    package = "g++-12" if architecture == here else f"g++-12-{triplet}"
    fields = "${source:Package} ${source:Version}"
    name, version = said_by("dpkg-query", "--show", f"--showformat={fields}", package).split()
    return Linked(name, version, "").purl


def main() -> None:
    output, builder, version, commit, epoch = sys.argv[1:6]
    programs, files = read_programs(sys.argv[6:])
    predicate = {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {"version": version, "commit": commit},
            "internalParameters": {"SOURCE_DATE_EPOCH": epoch},
            "resolvedDependencies": [
                {"name": "source", "digest": {"gitCommit": commit}},
                *({"name": f"compiler for {p.architecture}", "uri": compiler(p.architecture)} for p in programs),
                *({"name": part.source, "uri": part.purl} for part in all_linked(programs)),
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
