#!/usr/bin/env bash
# reproducible.sh PRESET: two builds of this source tree, of the preset release or release-arm64, in folders with different
# names, with static libraries that are built for each of them, another time zone, language and umask, give the same bytes:
# program, symbols and packages, and of release the image, too. About 12 minutes of one processor.
set -euo pipefail
preset=$1
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

skip() {
  echo "SKIP: $1"
  exit 0
}
git -C "$source" rev-parse HEAD >/dev/null 2>&1 || skip "this is no git checkout"
command -v rpmbuild >/dev/null || skip "no rpmbuild: scripts/install-deps.sh release"
case "$preset" in
  release) command -v buildah >/dev/null || skip "no buildah: scripts/install-deps.sh image" ;;
  release-arm64) command -v aarch64-linux-gnu-g++ >/dev/null || skip "no cross compiler: scripts/install-deps.sh cross" ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
SOURCE_DATE_EPOCH=$(git -C "$source" log -1 --format=%ct)
# What one build has compiled must not serve the other.
export SOURCE_DATE_EPOCH CCACHE_DISABLE=1

copy_to() {
  mkdir -p "$1/tree"
  (cd "$source" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$1/tree")
}

build_and_pack() {
  cmake --preset "$preset" && cmake --build "build/$preset" && scripts/packages.sh "build/$preset" made || return
  [ "$preset" != release ] || scripts/image.sh --out made/image.oci.tar "build/$preset" || return
  cp "build/$preset"/{bin/bao-kms-provider,bin/bao-kms-provider.debug,third-party-licenses.txt} made/
}

build_in() {
  local folder=$1
  cd "$folder/tree"
  export XDG_CACHE_HOME=$folder/cache
  if ! build_and_pack >"$folder/log" 2>&1; then
    tail -n 30 "$folder/log"
    exit 1
  fi
}

# At the same time, so that no file here and no package of this machine changes between them.
copy_to "$work/a"
copy_to "$work/a-folder-with-a-longer-name"
(build_in "$work/a") &
first=$!
(
  umask 0077
  export TZ=Pacific/Kiritimati LC_ALL=C.UTF-8
  build_in "$work/a-folder-with-a-longer-name"
) &
second=$!
code=0
wait "$first" || code=1
wait "$second" || code=1
[ "$code" -eq 0 ] || exit 1

one=$work/a/tree/made
other=$work/a-folder-with-a-longer-name/tree/made
[ "$(ls "$one")" = "$(ls "$other")" ] || { echo "other files: $(ls "$one") and $(ls "$other")" && exit 1; }
for file in "$one"/*; do
  name=${file##*/}
  if cmp "$file" "$other/$name"; then
    echo "the same: $name $(sha256sum <"$file" | cut -c1-64)"
  else
    code=1
  fi
done
if ! cmp -s "$one/third-party-licenses.txt" "$other/third-party-licenses.txt"; then
  diff "$one/third-party-licenses.txt" "$other/third-party-licenses.txt" | head
  echo "the packages of this machine changed during the builds: run this again"
fi
if grep -aqF "$work" {"$one","$other"}/bao-kms-provider{,.debug}; then
  echo "the program or its symbols contain the name of the folder that it was built in"
  code=1
fi
exit "$code"
