#!/usr/bin/env bash
# release.sh [OPTION...] OUTPUT-DIRECTORY: everything that belongs to a release, in a directory that is empty or new.
#   --snapshot          of any commit, with a version below the release's; else the commit has the tag v<project() version>
#   --key FILE          signs SHA256SUMS with this private key (ECDSA, PEM)
#   --builder URI       who builds, for the provenance; a release needs it
#   --without-pkcs11    no package with PKCS#11, which is compiled for itself
#   --without-image     no image
#   --arm64             program, packages, tarball, image and symbols for arm64 as well (scripts/install-deps.sh cross)
#   --build DIRECTORY   an existing build of the preset release, in place of builds from nothing (only for a snapshot);
#                       given again, one of release-arm64
# The same commit on the same packages of Debian 12 gives the same bytes, but for the package with PKCS#11 and the
# signature. docs/building.md has the whole way.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail() {
  echo "release: $1" >&2
  exit 1
}

snapshot=no key='' builder='' pkcs11=yes image=yes arm64=no builds=() output=''
while [ $# -gt 0 ]; do
  case "$1" in
    --snapshot) snapshot=yes && shift ;;
    --key) key=$(realpath "${2:?--key needs a file}") && shift 2 ;;
    --builder) builder=${2:?--builder needs a URI} && shift 2 ;;
    --without-pkcs11) pkcs11=no && shift ;;
    --without-image) image=no && shift ;;
    --arm64) arm64=yes && shift ;;
    --build) builds+=("$(realpath "${2:?--build needs a directory}")") && shift 2 ;;
    -*) fail "unknown option $1; the first lines of this script list them" ;;
    *) [ -z "$output" ] || fail "only one output directory" && output=$1 && shift ;;
  esac
done
[ -n "$output" ] || fail "name an output directory"
[ "$arm64" = no ] || [ ${#builds[@]} -eq 0 ] || fail "--arm64 builds from nothing; with --build, give the build for arm64 as another --build"
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
  [ ${#builds[@]} -eq 0 ] || fail "a release is built from nothing; --build is for a snapshot"
  [ -z "${BAOKMS_RELEASE_LIBRARIES:-}" ] || fail "a release builds its libraries; BAOKMS_RELEASE_LIBRARIES is for a snapshot"
  version=$project
fi
[ -z "$key" ] || openssl pkey -in "$key" -noout || fail "$key is no private key"

# shellcheck source=scripts/steps.sh
. scripts/steps.sh
use_ccache
scratch=$(mktemp -d)
step_logs=$scratch/logs
mkdir "$step_logs"
# The logs stay when a step fails, which names its own.
trap '[ $? -ne 0 ] || rm -rf -- "$step_logs"; rm -rf -- "$scratch/cache"; rmdir -- "$scratch" 2>/dev/null || true' EXIT
# A release takes nothing that was there before: no compiled file, no library, no sysroot and no Python package.
if [ "$snapshot" = no ]; then
  export CCACHE_DISABLE=1 XDG_CACHE_HOME=$scratch/cache
  mkdir "$XDG_CACHE_HOME"
fi

from_nothing() { # PRESET
  local libraries=${BAOKMS_RELEASE_LIBRARIES:-}
  [ "$1" = release ] || libraries= # they are this machine's
  rm -rf -- "build/$1"
  cmake --preset "$1" ${libraries:+"-DBAOKMS_RELEASE_LIBRARIES=$libraries"}
  cmake --build "build/$1" --parallel "$(build_jobs)"
}

# Debian's name of the processor that a build is for.
architecture_of() { sed -n 's/^set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE "\(.*\)")$/\1/p' "$1/CPackConfig.cmake" 2>/dev/null || true; }

# make_image PATH: PATH.tar, and in PATH.digest what a registry and a manifest call it.
make_image() { scripts/image.sh --out "$1.tar" "${builds[@]}" | tail -n 1 >"$1.digest"; }

symbols() { xz --threads=1 --stdout -- "$1/bin/bao-kms-provider.debug" >"$2"; }

if [ ${#builds[@]} -eq 0 ]; then
  presets=(release)
  [ "$arm64" = no ] || presets+=(release-arm64)
  for preset in "${presets[@]}"; do
    step "build-$preset" from_nothing "$preset"
    builds+=("$root/build/$preset")
  done
fi
architectures=()
for build in "${builds[@]}"; do
  architecture=$(architecture_of "$build")
  [ -n "$architecture" ] || fail "$build is no build of the preset release"
  [[ " ${architectures[*]} " != *" $architecture "* ]] || fail "two builds for $architecture"
  architectures+=("$architecture")
done
[ "${architectures[0]}" = "$(dpkg --print-architecture)" ] || fail "the first build must be one that runs here"
about=$("${builds[0]}/bin/bao-kms-provider" version)
built_commit=$(sed -n 's/^commit: //p' <<<"$about")
for build in "${builds[@]}"; do
  grep -aqF "$built_commit" "$build/bin/bao-kms-provider" || fail "the builds are of different commits; build all of them again"
done
if [ "$built_commit" != "${commit:0:12}" ] || ! grep -qx "dirty: false" <<<"$about" || [ -n "$dirty" ]; then
  [ "$snapshot" = yes ] || fail "the program is not of commit $commit alone, but: $about"
  version+=.dirty
fi
echo "release $version of commit ${commit:0:12} for ${architectures[*]}"
for i in "${!builds[@]}"; do
  step "packages-${architectures[i]}" scripts/packages.sh "${builds[i]}" "$output" "$version"
done
if [ "$pkcs11" = yes ]; then
  step build-release-pkcs11 from_nothing release-pkcs11
  step packages-pkcs11 scripts/packages.sh build/release-pkcs11 "$output" "$version"
fi
if [ "$image" = yes ]; then
  step image make_image "$output/bao-kms-provider-$version.oci"
fi

cd "$output"
# What has the released program in it, and the same bytes whoever builds it.
contains=()
for file in *; do
  case "$file" in
    bao-kms-provider-pkcs11* | *.digest) ;;
    *) contains+=("$file") ;;
  esac
done
described=() # ARCHITECTURE=BUILD
for i in "${!builds[@]}"; do
  step "symbols-${architectures[i]}" symbols "${builds[i]}" "bao-kms-provider-$version-linux-${architectures[i]}.debug.xz"
  described+=("${architectures[i]}=${builds[i]}")
done
sbom=bao-kms-provider-$version.spdx.json
step sbom "$root/scripts/release/python.sh" "$root/scripts/release/sbom.py" "$sbom" "$version" "$SOURCE_DATE_EPOCH" \
  "${described[@]}" -- "${contains[@]}"
released=(*)
provenance=bao-kms-provider-$version.intoto.json
step provenance "$root/scripts/release/python.sh" "$root/scripts/release/provenance.py" "$provenance" "$builder" "$version" "$commit" \
  "$SOURCE_DATE_EPOCH" "${described[@]}" -- "${released[@]}"
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
