#!/usr/bin/env bash
# same_bytes_test.sh BUILD: packages that are made of one build in another folder, later, in another time zone and with
# another umask are the same bytes; and SOURCE_DATE_EPOCH is the time of all that is in them. That two builds are the same
# bytes is a test of the release program (tests/release).
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$1
[ -x "$build/bin/bao-kms-provider" ] || { echo "SKIP: no release build: cmake --preset release && cmake --build build/release" && exit; }
command -v rpmbuild >/dev/null || { echo "SKIP: no rpmbuild: scripts/install-deps.sh release" && exit; }
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

"$source/scripts/packages.sh" "$build" "$scratch/one"
(
  umask 0077
  mkdir -p "$scratch/temporary-files-elsewhere"
  export TZ=Pacific/Kiritimati TMPDIR="$scratch/temporary-files-elsewhere"
  "$source/scripts/packages.sh" "$build" "$scratch/another folder"
)
cd "$scratch/one"
for package in *; do
  cmp "$package" "$scratch/another folder/$package"
  echo "the same: $package $(sha256sum <"$package" | cut -c 1-64)"
done

# Later than any file of a checkout, which must not show either.
SOURCE_DATE_EPOCH=4000000000 "$source/scripts/packages.sh" "$build" "$scratch/later"
cd "$scratch/later"

{
  dpkg-deb --fsys-tarfile ./*.deb | tar --utc --list --verbose --full-time
  dpkg-deb --ctrl-tarfile ./*.deb | tar --utc --list --verbose --full-time
  tar --utc --list --verbose --full-time --file ./*.tar.gz
} | awk '{print $4, $5}' | sort -u >"$scratch/times"
[ "$(cat "$scratch/times")" = "2096-10-02 07:06:40" ] || { echo "other times: $(cat "$scratch/times")" && exit 1; }
[ "$(rpm --query --package --queryformat '[%{FILEMTIMES}\n]%{BUILDTIME}\n' ./*.rpm | sort -u)" = 4000000000 ] ||
  { echo "other times in the rpm" && exit 1; }
