#!/usr/bin/env bash
# packages.sh BUILD-DIRECTORY OUTPUT-DIRECTORY [VERSION]: the packages of a build of the preset release or
# release-pkcs11: .deb, and of the first one .rpm and .tar.gz too. VERSION is project()'s unless given.
# The same build gives the same bytes in every folder at every time: times are SOURCE_DATE_EPOCH's, else the commit's.
set -euo pipefail

fail() {
  echo "packages: $1" >&2
  exit 1
}

[ $# -ge 2 ] || fail "usage: packages.sh BUILD-DIRECTORY OUTPUT-DIRECTORY [VERSION]"
build=$(realpath "$1") && mkdir -p "$2" && output=$(realpath "$2") && version=${3:-}
[ -f "$build/CPackConfig.cmake" ] || fail "$1 is no build of the preset release or release-pkcs11"
for tool in cpack dpkg-deb dpkg-shlibdeps rpmbuild; do
  command -v "$tool" >/dev/null || fail "$tool is missing; run scripts/install-deps.sh build release"
done

# Not in OUTPUT-DIRECTORY, whose name would be a part of what rpmbuild writes down.
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
umask 022
export TZ=UTC LC_ALL=C
log=$output/packages.log
(cd "$work" && cpack --config "$build/CPackConfig.cmake" -B "$work/made" ${version:+-D "CPACK_PACKAGE_VERSION=$version"}) \
  >"$log" 2>&1 </dev/null || { tail -n 30 "$log" >&2 && fail "cpack failed; its whole output: $log"; }
rm -f -- "$log"
deb=$(echo "$work"/made/*.deb)

# The tarball has the files of the .deb, below one directory.
if ls "$work"/made/*.rpm >/dev/null 2>&1; then
  name=bao-kms-provider-$(dpkg-deb --field "$deb" Version)-linux-$(dpkg-deb --field "$deb" Architecture)
  dpkg-deb --extract "$deb" "$work/$name"
  tar --create --sort=name --format=gnu --owner=root:0 --group=root:0 --mtime="$work/$name/usr" --directory "$work" "$name" |
    gzip -9 --no-name >"$work/made/$name.tar.gz"
fi
find "$work/made" -maxdepth 1 -type f -exec mv -t "$output" {} +
