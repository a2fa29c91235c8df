#!/usr/bin/env python3
"""sbom.py OUTPUT VERSION EPOCH ARCHITECTURE=BUILD... -- FILE...: an SPDX 2.3 document of a release, checked.

It says what the linker put into the program of each BUILD, which no scanner can see in a static program without symbols,
and which FILEs (packages, tarballs, image) contain that program. The package with PKCS#11 has another program, with Debian's libraries: its
Depends names them. The same input gives the same bytes.
"""

import hashlib
import re
import subprocess
import sys
import uuid
from datetime import datetime, timezone
from pathlib import Path

from linked import Linked, Program, all_linked, read_programs
from spdx_tools.spdx.model import (
    Actor,
    ActorType,
    Checksum,
    ChecksumAlgorithm,
    CreationInfo,
    Document,
    ExternalPackageRef,
    ExternalPackageRefCategory,
    ExtractedLicensingInfo,
    Package,
    PackagePurpose,
    Relationship,
    RelationshipType,
    SpdxNoAssertion,
)
from spdx_tools.common.spdx_licensing import spdx_licensing
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
from spdx_tools.spdx.writer.json.json_writer import write_document_to_file

PROJECT = Actor(ActorType.ORGANIZATION, "bao-kms-provider developers")
DEBIAN = Actor(ActorType.ORGANIZATION, "Debian")
RPM_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def spdx_id(*words: str) -> str:
    return "SPDXRef-" + "-".join(re.sub(r"[^A-Za-z0-9.]", "-", word) for word in words)


def ours(identity: str, path: Path, version: str, purpose: PackagePurpose) -> Package:
    return Package(
        spdx_id=identity,
        name=path.name,
        version=version,
        file_name=path.name,
        supplier=PROJECT,
        download_location=SpdxNoAssertion(),
        files_analyzed=False,
        checksums=[Checksum(ChecksumAlgorithm.SHA256, sha256(path))],
        license_concluded=SpdxNoAssertion(),
        license_declared=spdx_licensing.parse("Apache-2.0"),
        copyright_text=SpdxNoAssertion(),
        primary_package_purpose=purpose,
    )


def of_debian(part: Linked) -> tuple[Package, ExtractedLicensingInfo]:
    license_id = f"LicenseRef-{part.source.replace('+', '-')}"
    package = Package(
        spdx_id=spdx_id("linked", part.source, part.version),
        name=part.source,
        version=part.version,
        supplier=DEBIAN,
        download_location=SpdxNoAssertion(),
        files_analyzed=False,
        license_concluded=SpdxNoAssertion(),
        license_declared=spdx_licensing.parse(license_id),
        copyright_text=SpdxNoAssertion(),
        primary_package_purpose=PackagePurpose.LIBRARY,
        external_references=[ExternalPackageRef(ExternalPackageRefCategory.PACKAGE_MANAGER, "purl", part.purl)],
    )
    return package, ExtractedLicensingInfo(
        license_id=license_id, extracted_text=part.license_text, license_name=f"debian/copyright of {part.source}"
    )


def certificates() -> Package:
    command = ["dpkg-query", "--show", "--showformat=${Version}", "ca-certificates"]
    version = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    package, _ = of_debian(Linked("ca-certificates", version, ""))
    package.license_declared = SpdxNoAssertion()
    package.primary_package_purpose = PackagePurpose.OTHER
    return package


def purpose_of(path: Path) -> PackagePurpose:
    if path.suffix in (".deb", ".rpm"):
        return PackagePurpose.INSTALL
    return PackagePurpose.CONTAINER if path.name.endswith(".oci.tar") else PackagePurpose.ARCHIVE


def contains(path: Path, program: Program) -> bool:
    """The image has a program for every architecture."""
    architecture = program.architecture
    rpm = RPM_ARCHITECTURES[architecture]
    ends = (f"_{architecture}.deb", f".{rpm}.rpm", f"-linux-{architecture}.tar.gz", ".oci.tar")
    return path.name.endswith(ends)


def main() -> None:
    output, version, epoch = sys.argv[1:4]
    programs, files = read_programs(sys.argv[4:])
    document = Document(
        CreationInfo(
            spdx_version="SPDX-2.3",
            spdx_id="SPDXRef-DOCUMENT",
            name=f"bao-kms-provider-{version}",
            # Other programs have another name space.
            document_namespace=f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, ' '.join(sha256(p.path) for p in programs))}",
            creators=[PROJECT, Actor(ActorType.TOOL, f"scripts/release/sbom.py-{version}")],
            created=datetime.fromtimestamp(int(epoch), timezone.utc).replace(tzinfo=None),
        )
    )
    relate = lambda one, kind, other: document.relationships.append(Relationship(one, kind, other))
    for part in all_linked(programs):
        package, text = of_debian(part)
        document.packages.append(package)
        if all(known.license_id != text.license_id for known in document.extracted_licensing_info):
            document.extracted_licensing_info.append(text)
    for program in programs:
        identity = spdx_id("program", program.architecture)
        document.packages.append(ours(identity, program.path, version, PackagePurpose.APPLICATION))
        relate("SPDXRef-DOCUMENT", RelationshipType.DESCRIBES, identity)
        for part in program.linked:
            relate(identity, RelationshipType.STATIC_LINK, spdx_id("linked", part.source, part.version))
    for number, file in enumerate(sorted(map(Path, files)), start=1):
        identity = f"SPDXRef-file-{number}"
        document.packages.append(ours(identity, file, version, purpose_of(file)))
        relate("SPDXRef-DOCUMENT", RelationshipType.DESCRIBES, identity)
        for program in programs:
            if contains(file, program):
                relate(identity, RelationshipType.CONTAINS, spdx_id("program", program.architecture))
        if purpose_of(file) == PackagePurpose.CONTAINER:
            document.packages.append(certificates())
            relate(identity, RelationshipType.CONTAINS, document.packages[-1].spdx_id)

    problems = validate_full_spdx_document(document)
    if problems:
        sys.exit("sbom: " + "\n".join(problem.validation_message for problem in problems))
    write_document_to_file(document, output, validate=False)


if __name__ == "__main__":
    main()
