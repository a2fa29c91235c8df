#!/usr/bin/env bash
# release_test.sh PACKAGES BUILD BUILD-FOR-ARM64: scripts/release.sh refuses what is no release, and makes a snapshot of
# BUILD, and of BUILD-FOR-ARM64 if that is there, into PACKAGES/first, signed with a key of this test's own, that the
# commands of docs/verify-a-download.md accept, and that they no longer accept when a byte is changed. PACKAGES/second gets
# the packages of BUILD with the version 99.0.0, for the tests of upgrades.
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
packages=$(realpath -m "$1") build=$(realpath "$2") other=$3
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

skip() {
  echo "SKIP: $1"
  exit 0
}

fail() {
  echo "FAILED: $1" >&2
  exit 1
}

# refused TEXT ARGUMENT...: by release.sh of the clone.
refused() {
  local text=$1
  shift
  if "$scratch/clone/scripts/release.sh" "$@" "$scratch/nothing" >"$scratch/said" 2>&1; then fail "accepted, not: $text"; fi
  grep -qF -- "$text" "$scratch/said" || fail "not said: $text; but: $(cat "$scratch/said")"
  [ -z "$(ls -A "$scratch/nothing")" ] || fail "refused, and yet files were made"
}

[ -x "$build/bin/bao-kms-provider" ] || skip "no release build: cmake --preset release && cmake --build build/release"
for tool in rpmbuild jq openssl; do
  command -v "$tool" >/dev/null || skip "no $tool: scripts/install-deps.sh quickstart release"
done

git=(git -C "$scratch/clone" -c user.name=test -c user.email=test@localhost)
git clone --quiet --no-local --depth 1 "file://$source" "$scratch/clone"
cp -- "$source/scripts/release.sh" "$scratch/clone/scripts/"
"${git[@]}" commit --quiet --allow-empty --all --message "what is tested"
refused "this commit has no tag" --builder urn:test
"${git[@]}" tag v0.0.1
refused "the tag is v0.0.1" --builder urn:test
"${git[@]}" tag --delete v0.0.1 >/dev/null
"${git[@]}" tag "v$(sed -nE 's/^project\(bao-kms-provider VERSION ([0-9.]+) .*/\1/p' "$source/CMakeLists.txt")"
refused "a release names its builder"
refused "--build is for a snapshot" --builder urn:test --build "$build"
BAOKMS_RELEASE_LIBRARIES=/tmp refused "a release builds its libraries" --builder urn:test
refused "--arm64 builds from nothing" --snapshot --arm64 --build "$build"
echo >>"$scratch/clone/README.md"
refused "the work tree has changes" --builder urn:test
echo "ok: what is no release is refused"

commit=$(git -C "$source" rev-parse HEAD)
builds=(--build "$build")
described=("$(dpkg --print-architecture)=$build")
if [ -x "$other/bin/bao-kms-provider" ]; then
  builds+=(--build "$other")
  described+=("arm64=$other")
fi
rm -rf -- "$packages"
mkdir -p "$packages"
openssl ecparam -name prime256v1 -genkey -noout -out "$scratch/key.pem"
options=(--without-pkcs11)
if [ ! -x "$source/scripts/image.sh" ] || ! command -v buildah >/dev/null; then options+=(--without-image); fi
"$source/scripts/release.sh" --snapshot "${builds[@]}" --key "$scratch/key.pem" "${options[@]}" "$packages/first"

# block NAME: the commands of the page that follow <!-- run: NAME -->.
block() {
  awk -v "name=<!-- run: $1 -->" '$0 == name {found = 1; next} found && /^```sh$/ {inside = 1; next}
    inside && /^```$/ {exit} inside' "$source/docs/verify-a-download.md"
}

# page NAME: in a directory with the files and the public key.
page() { (cd "$scratch/download" && bash -euo pipefail -c "$(block "$1")") >"$scratch/said" 2>&1; }

cp -r -- "$packages/first" "$scratch/download"
openssl pkey -in "$scratch/key.pem" -pubout -out "$scratch/download/release-key.pem"
for name in fingerprint signature files contents sbom commit; do
  [ -n "$(block "$name")" ] || fail "the page has no block $name"
  page "$name" || fail "$name: $(cat "$scratch/said")"
  case "$name" in
    signature) grep -qx 'Verified OK' "$scratch/said" ;;
    files) [ "$(grep -c ': OK$' "$scratch/said")" -eq "$(grep -c . "$scratch/download/SHA256SUMS")" ] ;;
    contents) grep -q ' ./usr/bin/bao-kms-provider$' "$scratch/said" ;;
    sbom) grep -q '^openssl 3\.0\.' "$scratch/said" ;;
    commit) grep -qx "$commit" "$scratch/said" ;;
  esac || fail "$name said: $(cat "$scratch/said")"
done
# Every file is in the list but the list and its signature.
(cd "$packages/first" && find . -type f ! -name 'SHA256SUMS*' -printf '%P\n') | sort >"$scratch/files"
sed 's/^[0-9a-f]*  //' "$packages/first/SHA256SUMS" | sort | diff "$scratch/files" - || fail "SHA256SUMS is not the whole list"
echo "ok: verified as the page says"

cd "$scratch/download"
for file in *.deb *.rpm *.tar.gz *.spdx.json *.intoto.json; do
  cp -- "$file" "$scratch/good"
  printf x | dd of="$file" bs=1 seek=1000 conv=notrunc status=none
  if page files; then fail "a changed $file is accepted"; fi
  mv -- "$scratch/good" "$file"
done
page files || fail "the files are as they were, but: $(cat "$scratch/said")"
sed -i '1s/^./x/' SHA256SUMS
if page signature; then fail "a changed list is accepted"; fi
cp -- "$packages/first/SHA256SUMS" .
openssl ecparam -name prime256v1 -genkey -noout | openssl pkey -pubout -out release-key.pem
if page signature; then fail "the signature of another key is accepted"; fi
echo "ok: what was changed is refused"

"$source/scripts/release/python.sh" "$source/tests/packages/statements.py" "$packages/first" "${described[@]}"
"$source/scripts/packages.sh" "$build" "$packages/second" 99.0.0
