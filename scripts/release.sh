#!/usr/bin/env bash
# release.sh [OPTION...] OUTPUT-DIRECTORY: everything that belongs to a release, in a directory that is empty or new.
#   --snapshot          of any commit, with a version below the release's; else the commit has the tag v<project() version>
#   --key FILE          signs SHA256SUMS with this private key (ECDSA, PEM)
#   --builder URI       who builds, for the provenance; a release needs it
#   --without-pkcs11    no package with PKCS#11, which is compiled for itself
#   --without-image     no image
#   --build DIRECTORY   an existing build of the preset release, in place of a build from nothing (only for a snapshot)
# The same commit on the same packages of Debian 12 gives the same bytes, but for the package with PKCS#11 and the
# signature. docs/building.md has the whole way.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail() {
  echo "release: $1" >&2
  exit 1
}

snapshot=no key='' builder='' pkcs11=yes image=yes build='' output=''
while [ $# -gt 0 ]; do
  case "$1" in
    --snapshot) snapshot=yes && shift ;;
    --key) key=$(realpath "${2:?--key needs a file}") && shift 2 ;;
    --builder) builder=${2:?--builder needs a URI} && shift 2 ;;
    --without-pkcs11) pkcs11=no && shift ;;
    --without-image) image=no && shift ;;
    --build) build=$(realpath "${2:?--build needs a directory}") && shift 2 ;;
    -*) fail "unknown option $1; the first lines of this script list them" ;;
    *) [ -z "$output" ] || fail "only one output directory" && output=$1 && shift ;;
  esac
done
[ -n "$output" ] || fail "name an output directory"
mkdir -p "$output" && output=$(realpath "$output")
[ -z "$(ls -A "$output")" ] || fail "$output is not empty"
cd "$root"

project=$(sed -nE 's/^project\(bao-kms-provider VERSION ([0-9.]+) .*/\1/p' CMakeLists.txt)
[ -n "$project" ] || fail "CMakeLists.txt has no version"
commit=$(git rev-parse HEAD)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
dirty=$(git status --porcelain)
if [ "$snapshot" = yes ]; then
  # "~": below the release for dpkg and rpm; a later commit is above an earlier one.
  version=$project~snapshot$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S).${commit:0:12}
  builder=${builder:-urn:uuid:00000000-0000-0000-0000-000000000000}
else
  [ -z "$dirty" ] || fail "the work tree has changes; commit them, or make a --snapshot"
  tag=$(git describe --tags --exact-match 2>/dev/null) || fail "this commit has no tag; tag it v$project, or make a --snapshot"
  [ "$tag" = "v$project" ] || fail "the tag is $tag, but CMakeLists.txt says $project; make them agree"
  [ -n "$builder" ] || fail "a release names its builder: --builder URI"
  [ -z "$build" ] || fail "a release is built from nothing; --build is for a snapshot"
  version=$project
fi
[ -z "$key" ] || openssl pkey -in "$key" -noout || fail "$key is no private key"

# shellcheck source=scripts/steps.sh
. scripts/steps.sh
use_ccache
step_logs=$(mktemp -d)
trap 'rm -rf -- "$step_logs"' EXIT

# from_nothing PRESET. A release takes nothing from a compiler cache either.
from_nothing() {
  [ "$snapshot" = yes ] || export CCACHE_DISABLE=1
  rm -rf -- "build/$1"
  cmake --preset "$1" ${BAOKMS_RELEASE_LIBRARIES:+"-DBAOKMS_RELEASE_LIBRARIES=$BAOKMS_RELEASE_LIBRARIES"}
  cmake --build "build/$1" --parallel "$(build_jobs)"
}

symbols() { xz --threads=1 --stdout -- "$build/bin/bao-kms-provider.debug" >"$1"; }

if [ -z "$build" ]; then
  build=$root/build/release
  step build from_nothing release
fi
about=$("$build/bin/bao-kms-provider" version)
if ! grep -qx "commit: ${commit:0:12}" <<<"$about" || ! grep -qx "dirty: false" <<<"$about" || [ -n "$dirty" ]; then
  [ "$snapshot" = yes ] || fail "the program is not of commit $commit alone, but: $about"
  version+=.dirty
fi
echo "release $version of commit ${commit:0:12}"
step packages scripts/packages.sh "$build" "$output" "$version"
if [ "$pkcs11" = yes ]; then
  step build-pkcs11 from_nothing release-pkcs11
  step pkcs11 scripts/packages.sh build/release-pkcs11 "$output" "$version"
fi
if [ "$image" = yes ]; then
  step image scripts/image.sh --out "$output/bao-kms-provider-$version.oci.tar" "$build"
fi

cd "$output"
contains=(*)
step symbols symbols "bao-kms-provider-$version-linux-$(dpkg --print-architecture).debug.xz"
sbom=bao-kms-provider-$version.spdx.json
step sbom "$root/scripts/release/python.sh" "$root/scripts/release/sbom.py" "$sbom" "$version" "$SOURCE_DATE_EPOCH" \
  "$build/third-party-licenses.txt" "$build/bin/bao-kms-provider" "${contains[@]}"
released=(*)
provenance=bao-kms-provider-$version.intoto.json
step provenance "$root/scripts/release/python.sh" "$root/scripts/release/provenance.py" "$provenance" "$builder" "$version" "$commit" \
  "$SOURCE_DATE_EPOCH" "$build/third-party-licenses.txt" "${released[@]}"
sha256sum -- "${released[@]}" "$provenance" >SHA256SUMS
chmod 644 -- *
if [ -n "$key" ]; then
  openssl dgst -sha256 -sign "$key" -out SHA256SUMS.sig SHA256SUMS
  openssl dgst -sha256 -verify <(openssl pkey -in "$key" -pubout) -signature SHA256SUMS.sig SHA256SUMS >/dev/null ||
    fail "the signature cannot be verified; sign with an ECDSA key"
  echo "signed; SHA-256 of the public key (DER): $(openssl pkey -in "$key" -pubout -outform DER | sha256sum | cut -c 1-64)"
else
  echo "not signed: give --key"
fi
ls -l -- *
