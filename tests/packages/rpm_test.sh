#!/usr/bin/env bash
# rpm_test.sh PACKAGES PROGRAM: the .rpm of PACKAGES/first, then PACKAGES/second, which is of a higher version, in a root
# with a database of rpm's own. The root is Debian's, because no distribution with rpm can be made here: what rpm and the
# scripts of the package do with files, users and units is proven, not that each such distribution agrees. --nodeps,
# because rpm's database knows nothing of Debian's packages; what the package asks for is in contents_test.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=tests/packages/root.sh
. ./root.sh
in_own_mounts "$@"
command -v rpm >/dev/null || skip "no rpm: scripts/install-deps.sh release"
packages=$1 program=$2
said=$scratch/said
fresh_root "$(../systemd/make_root.sh "$program" | tail -n 1)"

with_rpm() {
  env -i PATH="$PATH" rpm --root "$root" --nodeps "$@" >"$said" 2>&1 </dev/null || fail "rpm $*: $(cat "$said")"
  if grep -i -e error -e 'not found' -e 'scriptlet failed' "$said"; then fail "rpm $* complains"; fi
}

package_of() { rpm_of "$packages/$1"; }

verified() {
  env -i PATH="$PATH" rpm --root "$root" --nodeps --verify bao-kms-provider >"$said" 2>&1 || true
  # The administrator's own file may differ.
  if grep -v '^S\?\.\?.*  c /etc/openbao-kms/environment$' "$said"; then fail "rpm --verify finds changed files"; fi
}

rpm --root "$root" --initdb

with_rpm --install "$(package_of first)"
runs
users_and_directories
enabled disabled
verified
with_rpm --erase bao-kms-provider
for path in /usr/bin/bao-kms-provider /etc/openbao-kms /var/lib/openbao-kms \
  /lib/systemd/system/bao-kms-provider.service /usr/share/doc/bao-kms-provider \
  /usr/share/bao-kms-provider; do absent "$path"; done
grep -q 'is left as it is' "$said" && fail "says that something is left: $(cat "$said")"
echo "ok: installed and erased without a configuration"

with_rpm --install "$(package_of first)"
configure_node
with_rpm --upgrade "$(package_of second)"
[ "$(rpm --root "$root" --query --queryformat '%{VERSION}' bao-kms-provider)" = 99.0.0 ] || fail "not upgraded"
runs
verified
still_configured && environment_kept && enabled enabled
echo "ok: upgraded"

with_rpm --upgrade --oldpackage "$(package_of first)"
runs
still_configured && environment_kept && enabled enabled
echo "ok: back"

with_rpm --erase bao-kms-provider
absent /usr/bin/bao-kms-provider
absent /etc/systemd/system/multi-user.target.wants/bao-kms-provider.service
still_configured
expect_said "$said" "/etc/openbao-kms is left as it is"
expect_said "$said" "/var/lib/openbao-kms is left as it is"
grep -qx BAO_KMS_PROVIDER_LOG_LEVEL=debug "$root/etc/openbao-kms/environment.rpmsave" || fail "the environment file is not kept"
echo "ok: erased, and the state is left"

with_rpm --install "$(package_of first)"
expect_said "$said" "no boot starts the provider: systemctl enable --now bao-kms-provider.service"
still_configured
echo "ok: installed again"
