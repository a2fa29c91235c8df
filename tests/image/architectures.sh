#!/usr/bin/env bash
# architectures.sh IMAGE-SCRIPT RELEASE-BUILD: programs of two architectures are two images under one index, and what
# cannot be one image is refused. The second architecture is this program with another one's number in its header: it
# is packed, not run.
set -euo pipefail
# shellcheck source=tests/image/preconditions.sh
. "$(dirname "${BASH_SOURCE[0]}")/preconditions.sh"

code=0
# copy NAME: the build, to be changed.
copy() { cp -r --no-target-directory "$build" "$work/$1"; }
copy other
program=$work/other/bin/bao-kms-provider
# e_machine of the ELF header: 183 is AArch64, 62 is x86-64.
machine='\xb7\x00'
other=arm64
if [ "$(od -An -tu2 -j18 -N2 "$program" | tr -d ' ')" = 183 ]; then
  machine='\x3e\x00'
  other=amd64
fi
# shellcheck disable=SC2059 # the format is the bytes
printf "$machine" | dd of="$program" bs=1 seek=18 conv=notrunc status=none

digest=$("$script" --out "$work/image.tar" "$build" "$work/other" | tail -n 1)
[ "$digest" = "$("$script" --out "$work/again.tar" "$work/other" "$build" | tail -n 1)" ] ||
  { echo "the order of the builds changes the digest" && code=1; }
tar -xf "$work/image.tar" -C "$work"
blob() { echo "$work/blobs/${1/://}"; }
seen=$(jq -r '.manifests[] | .platform.architecture + " " + .digest' "$(blob "$digest")" | while read -r architecture manifest; do
  config=$(blob "$(jq -r .config.digest "$(blob "$manifest")")")
  echo "$architecture $(jq -r '.architecture + " " + .os' "$config")"
done)
[ "$seen" = "amd64 amd64 linux"$'\n'"arm64 arm64 linux" ] || { echo "wrong index: $seen" && code=1; }

# refused WORDS ARGUMENT...
refused() {
  local words=$1 said
  shift
  said=$("$script" --out "$work/refused.tar" "$@" 2>&1) && { echo "not refused: $words" && code=1; }
  [[ $said == *"$words"* ]] || { echo "refused, but not with '$words': $said" && code=1; }
  [ ! -e "$work/refused.tar" ] || { echo "written although: $words" && code=1; }
}
refused "two builds for" "$build" "$build"
refused "none of these programs runs on this machine" "$work/other"
refused "is missing; run cmake --preset release" "$work/nowhere"
commit=$("$build/bin/bao-kms-provider" version | sed -n 's/^commit: //p')
sed -i "s/$commit/${commit//[0-9a-f]/x}/g" "$program"
refused "of different commits" "$build" "$work/other"
copy shared
cp /usr/bin/true "$work/shared/bin/bao-kms-provider"
refused "needs shared libraries" "$work/shared"
copy unlicensed
rm "$work/unlicensed/third-party-licenses.txt"
refused "third-party-licenses.txt is missing" "$work/unlicensed"
[ "$code" -ne 0 ] || echo "one index of amd64 and arm64 (here $other is a stand-in): $digest"
exit "$code"
