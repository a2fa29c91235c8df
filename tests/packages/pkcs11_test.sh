#!/usr/bin/env bash
# pkcs11_test.sh PACKAGES PROGRAM BUILD: the package of BUILD, of the preset release-pkcs11, takes the place of the other
# one in a clean Debian 12 and gives it back; apt finds all that it depends on. Needs a Debian mirror.
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$source/tests/packages"
# shellcheck source=tests/packages/root.sh
. ./root.sh
[ -x "$3/bin/bao-kms-provider" ] || skip "no such build: cmake --preset release-pkcs11 && cmake --build build/release-pkcs11"
in_own_mounts "$@"
packages=$1 program=$2 build=$3
said=$scratch/said
fresh_root "$(../systemd/make_root.sh "$program" | tail -n 1)"
cp -- "$(deb_of "$packages/first")" "$root/packages/static.deb"
"$source/scripts/packages.sh" "$build" "$scratch/made"
[ "$(find "$scratch/made" -type f | wc -l)" -eq 1 ] || fail "not one package"
cp -- "$scratch"/made/bao-kms-provider-pkcs11_*.deb "$root/packages/pkcs11.deb"

field() { dpkg-deb --field "$root/packages/pkcs11.deb" "$1"; }
[ "$(field Conflicts) $(field Replaces) $(field Provides)" = "bao-kms-provider bao-kms-provider bao-kms-provider" ] || fail "fields"
for library in ca-certificates libp11-3 libgrpc++1.51 libssl3 libcurl4; do
  [[ " $(field Depends)" == *" $library"* ]] || fail "does not depend on $library: $(field Depends)"
done
# The same files as of the other one, but for Debian's copyright file.
list() { dpkg-deb --fsys-tarfile "$1" | tar --list --verbose --file - | awk '!/^d/ {print $1, $6}' | sort; }
list "$root/packages/static.deb" >"$scratch/static"
list "$root/packages/pkcs11.deb" | sed 's#/bao-kms-provider-pkcs11/copyright#/bao-kms-provider/copyright#' |
  sort | diff "$scratch/static" - || fail "other files than the static package"

with_apt() {
  mount --bind /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
  inside apt-get -q -y "$@" >"$said" 2>&1 || fail "apt-get $*: $(tail -n 20 "$said")"
}

touch "$root/etc/resolv.conf"
with_apt update
with_apt install --no-install-recommends /packages/static.deb
configure_node
with_apt install --no-install-recommends /packages/pkcs11.deb
# shellcheck disable=SC2016  # dpkg-query expands it
[ "$(inside dpkg-query --show --showformat='${db:Status-Status}' bao-kms-provider-pkcs11)" = installed ] || fail "not installed"
runs
if inside ldd /usr/bin/bao-kms-provider | grep 'not found'; then fail "libraries are missing"; fi
still_configured && environment_kept && enabled enabled
inside runuser -u openbao-kms -- bao-kms-provider policy openbao --help >/dev/null
echo "ok: in place of the static one"

with_apt install --no-install-recommends /packages/static.deb
runs
still_configured && environment_kept && enabled enabled
inside dpkg --purge bao-kms-provider-pkcs11 >"$said" 2>&1 || fail "dpkg --purge: $(cat "$said")"
still_configured && enabled enabled
# shellcheck disable=SC2016  # dpkg-query expands it
[ "$(inside dpkg-query --show --showformat='${db:Status-Status}' bao-kms-provider)" = installed ] || fail "not back"
echo "ok: and back"
