#!/usr/bin/env bash
# make_root.sh PROGRAM [PACKAGE...]: a Debian 12 system with systemd, the shared libraries that PROGRAM needs
# and PACKAGEs, made once and kept. Prints its directory as the last line. Needs root, debootstrap and a Debian mirror
# (BAOKMS_DEBIAN_MIRROR). It is used as the lower layer of an overlay: nothing is ever written to it.
set -euo pipefail
program=$1

fail() {
  echo "make_root: $1" >&2
  exit 1
}

mirror=${BAOKMS_DEBIAN_MIRROR:-http://deb.debian.org/debian}
packages=(systemd systemd-sysv dbus ca-certificates procps "${@:2}")

# The packages of the shared libraries that this program loads, by the names of Debian 12.
# ldd says /lib where the package says /usr/lib, or the other way round. A static program has none.
[ -x "$program" ] || fail "$program is missing: build it first"
loaded=$(LC_ALL=C ldd "$program" 2>&1) || [[ $loaded == *"not a dynamic executable"* ]] || fail "ldd $program: $loaded"
! missing=$(grep -o '[^[:space:]]* => not found' <<<"$loaded") || fail "libraries of $program are missing here: $missing"
mapfile -t libraries < <(sed -nE 's#^.*=> (/usr)?(/[^ ]+) .*$#\2#p' <<<"$loaded")
if [ ${#libraries[@]} -gt 0 ]; then
  owners=$(dpkg-query -S "${libraries[@]}" "${libraries[@]/#//usr}" 2>/dev/null || true)
  for library in "${libraries[@]}"; do
    owner=$(awk -v file="$library" '$2 == file || $2 == "/usr" file {sub(/[,:].*/, ""); print; exit}' <<<"$owners")
    [ -n "$owner" ] || fail "no Debian package has $library"
    packages+=("$owner")
  done
fi
mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)

name=bookworm-systemd-$(printf '%s\n' "${packages[@]}" | sha256sum | cut -c 1-12)
roots=${XDG_CACHE_HOME:-$HOME/.cache}/bao-kms-provider/roots
mkdir -p "$roots"
exec 9>"$roots/.lock"
flock 9
if [ ! -d "$roots/$name" ]; then
  rm -rf -- "$roots/$name.new"
  include=$(IFS=, && echo "${packages[*]}")
  debootstrap --variant=minbase --include="$include" bookworm "$roots/$name.new" "$mirror" \
    >"$roots/$name.log" 2>&1 </dev/null ||
    fail "debootstrap failed: $(tail -n 3 "$roots/$name.log")"
  # A machine id of its own at each boot, and no name server but the host's.
  : >"$roots/$name.new/etc/machine-id"
  rm -rf -- "$roots/$name.new"/var/cache/apt/archives/*.deb
  mv -T -- "$roots/$name.new" "$roots/$name"
fi
echo "$roots/$name"
