#!/usr/bin/env bash
# release-sysroot.sh ARCHITECTURE: Debian 12's libraries for another processor, to build a release for it on this machine:
# the packages of the groups `libraries` and `test-libraries`, and the C and C++ libraries, unpacked, not installed.
# Nothing of this machine changes, and no root is needed. The last line on standard output is the directory, kept in
# ${XDG_CACHE_HOME:-~/.cache}/bao-kms-provider/sysroots until a version changes.
set -euo pipefail
self=$(realpath "${BASH_SOURCE[0]}")
cd "$(dirname "$self")"
# shellcheck source=scripts/logged.sh
. ./logged.sh
architecture=${1:?usage: release-sysroot.sh ARCHITECTURE}

fail() {
  echo "release-sysroot: $1" >&2
  exit 1
}

# The compilers and generators run here and are this machine's.
mapfile -t packages < <(awk '$1 ~ /^(test-)?libraries$/ && $2 !~ /^protobuf-compiler/ {print $2}' packages.txt)
packages+=(libc6-dev libstdc++-12-dev)

cache=${XDG_CACHE_HOME:-$HOME/.cache}/bao-kms-provider/sysroots
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
# Fetched anew when this machine's versions change: generated code and headers belong together.
key=$({
  dpkg-query -W -f='${Package} ${source:Version}\n' "${packages[@]}"
  cat "$self"
} | sha256sum | cut -c1-12)
sysroot=$cache/$architecture-$key
if [ -d "$sysroot" ]; then
  echo "$sysroot"
  exit 0
fi

work=$(mktemp -d "$cache/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
log=$cache/$architecture-$key.log

fetch_and_unpack() {
  mkdir -p "$work"/{lists,cache/archives}/partial "$work/root"
  : >"$work/status"
  cat >"$work/debian.sources" <<'LIST'
Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.debian.org/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
LIST
  local apt=(apt-get -q -o "APT::Architecture=$architecture" -o "APT::Architectures=$architecture"
    -o "Dir::Etc::sourcelist=$work/debian.sources" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists"
    -o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=
    -o Debug::NoLocking=1 -o Dir::Etc::preferencesparts=-)
  "${apt[@]}" update
  # apt knows nothing as installed, so it fetches all that is needed.
  "${apt[@]}" install -y --no-install-recommends --download-only "${packages[@]}"
  local package
  for package in "$work"/cache/archives/*.deb; do
    dpkg-deb -x "$package" "$work/root"
    # "package source version": the source's name is given only where it differs, its version, too.
    dpkg-deb -f "$package" Package Source Version | awk -F': ' '
      { field[$1] = $2 }
      END {
        split(field["Source"], source, /[ ()]+/)
        name = source[1] == "" ? field["Package"] : source[1]
        print field["Package"], name, source[2] == "" ? field["Version"] : source[2]
      }' >>"$work/root/packages"
  done
  # Absolute links lead into the sysroot.
  find "$work/root" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
    ln -snf --relative "$work/root$(readlink "$link")" "$link"
  done
  # CMake's description of gRPC names its generators beside the library.
  local program
  while IFS= read -r program; do
    ln -sf "$program" "$work/root$program"
  done < <(dpkg -L protobuf-compiler protobuf-compiler-grpc | grep '^/usr/bin/.')
  mv "$work/root" "$sysroot"
}

logged "$log" fetch_and_unpack
echo "$sysroot"
