#!/usr/bin/env bash
# image.sh [--out FILE] [BUILD-DIRECTORY...]: the OCI image of the static programs in these build directories of the
# preset release (default build/release), one for each processor architecture, as one index in one OCI archive (default
# build/image/bao-kms-provider-VERSION.oci.tar). The last line on standard output is the digest of the index, which a
# manifest names. Needs buildah; no base image is pulled, and nothing is left in the machine's image storage.
# The same programs, CA certificates and buildah give the same bytes, wherever and whenever.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

readonly id=65532 # as in the manifest that `init` writes (app/init)
readonly most_bytes=25000000
readonly certificates=/etc/ssl/certs/ca-certificates.crt

fail() {
  echo "image: $1" >&2
  exit 1
}

out=
builds=()
while [ $# -gt 0 ]; do
  case "$1" in
    --out) out=${2:?--out needs a file} && shift 2 ;;
    -*) fail "usage: image.sh [--out FILE] [BUILD-DIRECTORY...]" ;;
    *) builds+=("$1") && shift ;;
  esac
done
[ ${#builds[@]} -gt 0 ] || builds=("$root/build/release")
command -v buildah >/dev/null || fail "buildah is missing; run scripts/install-deps.sh image"
[ -r "$certificates" ] || fail "$certificates is missing; run scripts/install-deps.sh build"

# OCI's name of the processor that this program is for.
architecture_of() {
  local machine
  machine=$(LC_ALL=C readelf --file-header "$1" | sed -n 's/^ *Machine: *//p')
  case "$machine" in
    *X86-64) echo amd64 ;;
    AArch64) echo arm64 ;;
    *) fail "$1 is for a processor that is not known here: $machine" ;;
  esac
}

declare -A build_of # architecture -> its build directory
version='' commit='' made=''
for build in "${builds[@]}"; do
  program=$build/bin/bao-kms-provider
  [ -x "$program" ] || fail "$program is missing; run cmake --preset release && cmake --build $build"
  [ -s "$build/third-party-licenses.txt" ] || fail "$build/third-party-licenses.txt is missing: $build is no release build"
  ! readelf --program-headers "$program" | grep -q INTERP || fail "$program needs shared libraries: it is no release build"
  architecture=$(architecture_of "$program")
  [ -z "${build_of[$architecture]:-}" ] || fail "two builds for $architecture: ${build_of[$architecture]} and $build"
  build_of[$architecture]=$build
  # One of them must run here, to say what it is.
  if [ -z "$version" ] && about=$("$program" version 2>/dev/null); then
    field() { sed -n "s/^$1: //p" <<<"$about"; }
    version=$(field version) commit=$(field commit) made=$(field buildDate) dirty=$(field dirty)
  fi
done
[ -n "$version" ] || fail "none of these programs runs on this machine, so their version is not known; also give this machine's build"
for build in "${build_of[@]}"; do
  grep -aqF "$commit" "$build/bin/bao-kms-provider" || fail "the programs are of different commits; build all of them again"
done
revision=$commit
if [ "$dirty" = true ]; then
  revision+=-dirty
  echo "image: the program was built from a tree with changes that are not committed" >&2
fi
epoch=${SOURCE_DATE_EPOCH:-$(date -u -d "$made" +%s)}
out=${out:-$root/build/image/bao-kms-provider-$version.oci.tar}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 0022
export TMPDIR=$work
build_image() { buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"; }

# What the image of one architecture contains.
fill() {
  local tree=$1 build=$2 doc=$1/usr/share/doc/bao-kms-provider
  install -D -m 0755 "$build/bin/bao-kms-provider" "$tree/usr/bin/bao-kms-provider"
  install -D -m 0644 "$root/LICENSE" "$doc/LICENSE"
  install -D -m 0644 "$build/third-party-licenses.txt" "$doc/third-party-licenses.txt"
  install -D -m 0644 "$certificates" "$tree$certificates"
  install -D -m 0644 /usr/share/doc/ca-certificates/copyright "$tree/usr/share/doc/ca-certificates/copyright"
  echo "nonroot:x:$id:$id:nonroot:/:/sbin/nologin" >"$tree/etc/passwd"
  echo "nonroot:x:$id:" >"$tree/etc/group"
  # Landlock allows reading below the system's directories, and where one is missing below the closest one above it,
  # which would be /.
  mkdir -p "$tree"/{lib,lib64,run,usr/lib,usr/lib64,usr/share/ca-certificates}
}

build_image manifest create image >/dev/null
mapfile -t architectures < <(printf '%s\n' "${!build_of[@]}" | LC_ALL=C sort)
for architecture in "${architectures[@]}"; do
  fill "$work/$architecture" "${build_of[$architecture]}"
  container=$(build_image from --arch "$architecture" scratch)
  build_image config --os linux --arch "$architecture" --user "$id:$id" --workingdir / \
    --entrypoint '["/usr/bin/bao-kms-provider"]' --created-by scripts/image.sh \
    --label org.opencontainers.image.title=bao-kms-provider \
    --label "org.opencontainers.image.description=Kubernetes KMS v2 provider that keeps the key in OpenBao Transit" \
    --label "org.opencontainers.image.version=$version" \
    --label "org.opencontainers.image.revision=$revision" \
    --label "org.opencontainers.image.created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)" \
    --label org.opencontainers.image.licenses=Apache-2.0 "$container"
  build_image copy --quiet --chown 0:0 "$container" "$work/$architecture" / >/dev/null
  image=$(build_image commit --quiet --identity-label=false --timestamp "$epoch" --format oci "$container")
  build_image manifest add image "$image" >/dev/null
done
build_image manifest push --quiet --all --format oci image "oci:$work/oci:$version"

index=$(sed -nE 's/.*"digest":"(sha256:[0-9a-f]{64})".*/\1/p' "$work/oci/index.json")
[ -n "$index" ] || fail "buildah wrote no index"
# The compressed layer is by far the largest file of an architecture's image.
largest=$(find "$work/oci/blobs" -type f -printf '%s\n' | sort -n | tail -n 1)
[ "$largest" -le "$most_bytes" ] || fail "the layer has $largest bytes, more than $most_bytes"

mkdir -p "$(dirname "$out")"
tar --create --file "$work/archive" --format ustar --sort name --mtime "@$epoch" --owner 0 --group 0 --numeric-owner \
  --mode u=rwX,go=rX --directory "$work/oci" blobs index.json oci-layout
mv "$work/archive" "$out"
chmod 0644 "$out"
echo "$out: $version of ${architectures[*]}, $largest bytes compressed"
echo "$index"
