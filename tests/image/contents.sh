#!/usr/bin/env bash
# contents.sh IMAGE-SCRIPT RELEASE-BUILD [RELEASE-BUILD-FOR-ARM64]: the image of each architecture has these files and no
# other, with these modes and owners; its configuration has no more than this; the index says what it is for; it is no
# larger than promised; and its program runs (for arm64 under QEMU).
set -euo pipefail
# shellcheck source=tests/image/preconditions.sh
. "$(dirname "${BASH_SOURCE[0]}")/preconditions.sh"

digest=$("$script" --out "$work/image.tar" "${builds[@]}" | tail -n 1)
tar -xf "$work/image.tar" -C "$work"
blob() { echo "$work/blobs/${1/://}"; }
code=0
# same WHAT EXPECTED SEEN
same() {
  diff <(echo "$2") <(echo "$3") || { echo "wrong: $1 (< expected, > seen)" && code=1; }
}

# Every file is what its name says.
(cd "$work/blobs/sha256" && for file in *; do echo "$file  $file"; done | sha256sum --check --quiet)
same "the digest that the script prints" "$digest" "$(jq -r '.manifests[].digest' "$work/index.json")"
about=$("$build/bin/bao-kms-provider" version)
field() { sed -n "s/^$1: //p" <<<"$about"; }
revision=$(field commit)
[ "$(field dirty)" = false ] || revision+=-dirty

# check ARCHITECTURE BUILD [EMULATOR]: the image of one architecture.
check() {
  local architecture=$1 of=$2 emulator=("${@:3}") manifest config layer
  manifest=$(blob "$(jq -r --arg architecture "$architecture" \
    '.manifests[] | select(.platform.architecture == $architecture) | .digest' "$(blob "$digest")")")
  same "one layer" 1 "$(jq '.layers | length' "$manifest")"
  [ "$(jq '.layers[0].size' "$manifest")" -le 25000000 ] || { echo "wrong: more than 25 MB" && code=1; }
  config=$(blob "$(jq -r .config.digest "$manifest")")
  same "the processor" "$architecture linux" "$(jq -r '.architecture + " " + .os' "$config")"
  same "the configuration" "$(jq -n --arg version "$(field version)" --arg revision "$revision" --arg made "$(field buildDate)" '{
      User: "65532:65532", Entrypoint: ["/usr/bin/bao-kms-provider"], WorkingDir: "/",
      Labels: {
        "org.opencontainers.image.created": $made,
        "org.opencontainers.image.description": "Kubernetes KMS v2 provider that keeps the key in OpenBao Transit",
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.revision": $revision,
        "org.opencontainers.image.title": "bao-kms-provider",
        "org.opencontainers.image.version": $version}}' | jq -S .)" \
    "$(jq -S .config "$config")"

  layer=$(blob "$(jq -r '.layers[0].digest' "$manifest")")
  same "the files" "drwxr-xr-x 0/0 etc/
-rw-r--r-- 0/0 etc/group
-rw-r--r-- 0/0 etc/passwd
drwxr-xr-x 0/0 etc/ssl/
drwxr-xr-x 0/0 etc/ssl/certs/
-rw-r--r-- 0/0 etc/ssl/certs/ca-certificates.crt
drwxr-xr-x 0/0 lib/
drwxr-xr-x 0/0 lib64/
drwxr-xr-x 0/0 run/
drwxr-xr-x 0/0 usr/
drwxr-xr-x 0/0 usr/bin/
-rwxr-xr-x 0/0 usr/bin/bao-kms-provider
drwxr-xr-x 0/0 usr/lib/
drwxr-xr-x 0/0 usr/lib64/
drwxr-xr-x 0/0 usr/share/
drwxr-xr-x 0/0 usr/share/ca-certificates/
drwxr-xr-x 0/0 usr/share/doc/
drwxr-xr-x 0/0 usr/share/doc/bao-kms-provider/
-rw-r--r-- 0/0 usr/share/doc/bao-kms-provider/LICENSE
-rw-r--r-- 0/0 usr/share/doc/bao-kms-provider/third-party-licenses.txt
drwxr-xr-x 0/0 usr/share/doc/ca-certificates/
-rw-r--r-- 0/0 usr/share/doc/ca-certificates/copyright" \
    "$(tar -tvzf "$layer" --numeric-owner | awk '{print $1, $2, $6}' | LC_ALL=C sort -k3)"
  same "every time" "$(TZ=UTC date -u -d "$(field buildDate)" '+%F %T')" \
    "$(TZ=UTC tar -tvzf "$layer" --full-time | awk '{print $4, $5}' | sort -u)"
  tar -xOf "$layer" usr/bin/bao-kms-provider >"$work/program"
  cmp "$work/program" "$of/bin/bao-kms-provider" || code=1
  chmod 755 "$work/program"
  same "what the program says" "$about" "$("${emulator[@]}" "$work/program" version)"
}

platforms=$(printf '{"architecture":"%s","os":"linux"},' amd64 arm64 | cut -d , -f "1-$((2 * ${#builds[@]}))")
same "the index" "[$platforms]" "$(jq -c '[.manifests[].platform]' "$(blob "$digest")")"
check amd64 "$build"
[ ${#builds[@]} -eq 1 ] || check arm64 "${builds[1]}" qemu-aarch64-static
exit "$code"
