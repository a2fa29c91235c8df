#!/usr/bin/env bash
# same_bytes.sh IMAGE-SCRIPT RELEASE-BUILD: two images of one program are the same bytes, though they are built at
# different times, in different folders, from a copy, in another time zone and with another umask.
set -euo pipefail
# shellcheck source=tests/image/preconditions.sh
. "$(dirname "${BASH_SOURCE[0]}")/preconditions.sh"

mkdir -p "$work/another folder" "$work/tmp"
cp -r "$build" "$work/another folder/copy"
touch "$work/another folder/copy/bin/bao-kms-provider"

"$script" --out "$work/one.tar" "$build" | tail -n 1 >"$work/one"
sleep 1.1
(
  cd /
  umask 0077
  TMPDIR=$work/tmp TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 \
    "$script" --out "$work/another folder/two.tar" "$work/another folder/copy" | tail -n 1 >"$work/two"
)
diff "$work/one" "$work/two"
cmp "$work/one.tar" "$work/another folder/two.tar"
echo "the same: $(cat "$work/one")"
[ -z "$(ls -A "$work/tmp")" ] || { echo "left behind: $(ls -A "$work/tmp")" && exit 1; }

if SOURCE_DATE_EPOCH=1 "$script" --out "$work/old.tar" "$build" | tail -n 1 | diff - "$work/one" >/dev/null; then
  echo "SOURCE_DATE_EPOCH changes nothing"
  exit 1
fi
