#!/usr/bin/env bash
# deb_test.sh PACKAGES PROGRAM SUITE: the .deb of PACKAGES/first, then PACKAGES/second, which is of a higher version, in
# a clean Debian SUITE. bookworm has systemd and what PROGRAM needs, which is nothing for a release; the others have no systemd.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=tests/packages/root.sh
. ./root.sh
in_own_mounts "$@"
packages=$1 program=$2 suite=$3
said=$scratch/said

if [ "$suite" = bookworm ]; then
  lower=$(../systemd/make_root.sh "$program" | tail -n 1)
else
  lower=$(../release/make_root.sh "$suite")
fi

# with_dpkg ARGUMENT...: what it said is in $said.
with_dpkg() {
  inside dpkg "$@" >"$said" 2>&1 || fail "dpkg $*: $(cat "$said")"
  if grep -i -e warning -e 'not found' "$said" | grep -v 'not empty so not removed'; then fail "dpkg $* complains"; fi
}

put() { # first or second
  rm -f "$root"/packages/*.deb
  cp -- "$(deb_of "$packages/$1")" "$root/packages/$1.deb"
}

install_package() {
  put "$1"
  with_dpkg --install "/packages/$1.deb"
}

# shellcheck disable=SC2016  # dpkg-query expands it
installed_version() { inside dpkg-query --show --showformat='${Version}' bao-kms-provider; }

fresh_root "$lower"
if [ "$suite" != bookworm ]; then
  # Without systemd: everything but users and directories, which a boot would make.
  install_package first
  runs
  before=$(installed_version)
  inside dpkg --verify bao-kms-provider
  printf 'BAO_KMS_PROVIDER_LOG_LEVEL=debug\n' >"$root/etc/openbao-kms/environment"
  install_package second
  inside dpkg --compare-versions "$(installed_version)" gt "$before" || fail "no higher version after the upgrade"
  environment_kept
  with_dpkg --remove bao-kms-provider
  absent /usr/bin/bao-kms-provider
  with_dpkg --purge bao-kms-provider
  absent /etc/openbao-kms
  echo "ok: $suite, without systemd"
  exit 0
fi

# A node without a configuration: installed, nothing enabled, and a purge leaves nothing.
install_package first
first=$(installed_version)
runs
users_and_directories
inside dpkg --verify bao-kms-provider >"$said" || fail "dpkg --verify: $(cat "$said")"
enabled disabled
inside systemd-tmpfiles --cat-config >"$said"
expect_said "$said" 'd /run/openbao-kms 2750'
with_dpkg --purge bao-kms-provider
for path in /usr/bin/bao-kms-provider /etc/openbao-kms /var/lib/openbao-kms \
  /lib/systemd/system/bao-kms-provider.service /usr/share/doc/bao-kms-provider \
  /usr/share/bao-kms-provider; do absent "$path"; done
grep -q 'is left as it is' "$said" && fail "says that something is left: $(cat "$said")"
inside getent passwd openbao-kms >/dev/null || fail "the user is gone, whose files may be elsewhere"
echo "ok: installed and purged without a configuration"

# Upgrade: file of the administrator, state, and the unit's links are kept.
install_package first
configure_node
install_package second
inside dpkg --compare-versions "$(installed_version)" gt "$first" || fail "no higher version after the upgrade"
runs
still_configured && environment_kept && enabled enabled
echo "ok: upgraded"

# The same with a new environment file in the package: the administrator's stays, the new one is put beside it.
inside dpkg-deb --raw-extract /packages/second.deb /packages/third
echo '#NEW=1' >>"$root/packages/third/etc/openbao-kms/environment"
sed -i 's/^Version: .*/Version: 99.1/' "$root/packages/third/DEBIAN/control"
inside dpkg-deb -Zgzip -z1 --root-owner-group --build /packages/third /packages/third.deb >/dev/null
with_dpkg --force-confdef --install /packages/third.deb
still_configured && environment_kept
grep -qx '#NEW=1' "$root/etc/openbao-kms/environment.dpkg-dist" || fail "the new environment file is not beside the old one"
rm "$root/etc/openbao-kms/environment.dpkg-dist"
echo "ok: a changed environment file"

# Back to the older program: the same files.
put first
inside dpkg --force-confdef --install /packages/first.deb >"$said" 2>&1 || fail "dpkg: $(cat "$said")"
rm -f "$root/etc/openbao-kms/environment.dpkg-dist"
[ "$(installed_version)" = "$first" ] || fail "the older version is not installed"
still_configured && environment_kept && enabled enabled
echo "ok: back"

# A half-done installation is repaired by the next one.
inside dpkg --unpack /packages/first.deb >/dev/null
inside /var/lib/dpkg/info/bao-kms-provider.postinst configure "$first" >"$said" 2>&1
inside /var/lib/dpkg/info/bao-kms-provider.postinst configure "$first" >"$said" 2>&1
with_dpkg --configure bao-kms-provider
still_configured

with_dpkg --remove bao-kms-provider
absent /usr/bin/bao-kms-provider
still_configured && environment_kept
echo "ok: removed"

install_package first
enabled enabled
still_configured && environment_kept
echo "ok: installed again"

with_dpkg --purge bao-kms-provider
absent /usr/bin/bao-kms-provider
[ ! -L "$root/etc/systemd/system/multi-user.target.wants/bao-kms-provider.service" ] || fail "boots still start it"
still_configured
expect_said "$said" "/etc/openbao-kms is left as it is"
expect_said "$said" "/var/lib/openbao-kms is left as it is"
absent /etc/openbao-kms/environment
install_package first
expect_said "$said" "no boot starts the provider: systemctl enable --now bao-kms-provider.service"
enabled disabled
touch "$root/etc/openbao-kms/bao-kms-provider.yaml"
install_package second
grep -q 'no boot starts' "$said" && fail "would have a second provider beside a static pod: $(cat "$said")"
with_dpkg --purge bao-kms-provider
echo "ok: purged, and the state is left"

# Users, groups and a file of that name that were there before.
fresh_root "$lower"
inside groupadd --system openbao-kms-socket
inside groupadd --system openbao-kms
inside useradd --system --gid openbao-kms --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin openbao-kms
id=$(inside id -u openbao-kms)
mkdir -p "$root/etc/tmpfiles.d"
printf 'd /run/openbao-kms 2750 openbao-kms openbao-kms-socket -\nd /etc/openbao-kms 0750 root openbao-kms -\n' \
  >"$root/etc/tmpfiles.d/bao-kms-provider.conf"
mkdir -p "$root/etc/systemd/system/bao-kms-provider.service.d"
printf '[Service]\nNice=1\n' >"$root/etc/systemd/system/bao-kms-provider.service.d/site.conf"
install_package first
[ "$(inside id -u openbao-kms)" = "$id" ] || fail "the user has another id than before"
expect /run/openbao-kms '2750 openbao-kms:openbao-kms-socket'
expect /etc/openbao-kms '750 root:openbao-kms'
install_package second
with_dpkg --purge bao-kms-provider
there /etc/tmpfiles.d/bao-kms-provider.conf
there /etc/systemd/system/bao-kms-provider.service.d/site.conf
echo "ok: files of node-setup.sh stay"
