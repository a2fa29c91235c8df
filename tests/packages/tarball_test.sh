#!/usr/bin/env bash
# tarball_test.sh PACKAGES PROGRAM: the commands of docs/install-packages.md put the tarball's files into a clean Debian 12,
# twice, and leave an administrator's environment file and directories of others as they are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=tests/packages/root.sh
. ./root.sh
in_own_mounts "$@"
packages=$1 program=$2
fresh_root "$(../systemd/make_root.sh "$program" | tail -n 1)"
cp -- "$(tarball_of "$packages/first")" "$root/packages/first.tar.gz"
cp -- "$(tarball_of "$packages/second")" "$root/packages/second.tar.gz"
commands=$(awk '/^<!-- run: tarball -->$/ {found = 1} found && /^```sh$/ {inside = 1; next} inside && /^```$/ {exit} inside' \
  ../../docs/install-packages.md)
[ -n "$commands" ] || fail "the page has no such block"

unpack() {
  inside env TARBALL="/packages/$1.tar.gz" bash -euo pipefail -c "$commands" >"$scratch/said" 2>&1 ||
    fail "unpacking: $(cat "$scratch/said")"
}

chmod 711 "$root/usr/share/doc"
unpack first
runs
printf 'BAO_KMS_PROVIDER_LOG_LEVEL=info\n' >"$root/etc/openbao-kms/environment"
chmod 640 "$root/etc/openbao-kms/environment"
users_and_directories
configure_node
unpack second
runs
still_configured && environment_kept && enabled enabled
expect /usr/share/doc '711 root:root'
echo "ok: unpacked twice"
