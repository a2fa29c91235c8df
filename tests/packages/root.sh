# shellcheck shell=bash
# Sourced by the scripts here: a root directory of the test's own, an overlay over one that is made once and kept.

fail() {
  echo "FAILED: $1" >&2
  exit 1
}

skip() {
  echo "SKIP: $1"
  exit 0
}

# What a test in a root needs, and mounts of its own: runs the calling script again in a mount namespace.
in_own_mounts() {
  [ -d "$1/first" ] || skip "no packages: cmake --preset release && cmake --build build/release"
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  command -v debootstrap >/dev/null || skip "no debootstrap: scripts/install-deps.sh release"
  unshare --mount true 2>/dev/null || skip "mounting is not permitted here"
  [ -n "${BAOKMS_OWN_MOUNTS:-}" ] || BAOKMS_OWN_MOUNTS=1 exec unshare --mount --propagation slave "$0" "$@"
  scratch=$(mktemp -d)
  trap 'umount -R "$root" 2>/dev/null || true; rm -rf -- "$scratch"' EXIT
}

# What a release directory has for this machine's processor.
deb_of() { echo "$1"/bao-kms-provider_*_"$(dpkg --print-architecture)".deb; }
rpm_of() { echo "$1"/bao-kms-provider-*."$(uname -m)".rpm; }
tarball_of() { echo "$1"/bao-kms-provider-*-linux-"$(dpkg --print-architecture)".tar.gz; }

# fresh_root LOWER: $root is like LOWER, and nothing that was done to it before is left.
fresh_root() {
  umount -R "$scratch/root" 2>/dev/null || true
  rm -rf -- "$scratch/upper" "$scratch/work"
  mkdir -p "$scratch"/{root,upper,work}
  root=$scratch/root
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$scratch/upper,workdir=$scratch/work" "$root"
  mount --bind /proc "$root/proc"
  mkdir -p "$root/packages"
}

# inside COMMAND...: in the root, with nothing of this system's environment.
inside() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive chroot "$root" "$@" </dev/null
}

# expect PATH "MODE USER:GROUP"
expect() {
  local found
  found=$(inside stat -c '%a %U:%G' -- "$1" 2>/dev/null) || found=missing
  [ "$found" = "$2" ] || fail "$1 is '$found', not '$2'"
}

# expect_said FILE TEXT
expect_said() { grep -qF -- "$2" "$1" || fail "not said: $2; but: $(cat "$1")"; }

absent() { [ ! -e "$root$1" ] || fail "$1 is still there"; }
there() { [ -e "$root$1" ] || fail "$1 is not there"; }

# What an administrator and a running provider put on a node, with a unit that boots start.
configure_node() {
  local id
  printf 'configVersion: v1alpha1\n' >"$root/etc/openbao-kms/config.yaml"
  printf 'certificate\n' >"$root/etc/openbao-kms/tls/ca.crt"
  printf 'BAO_KMS_PROVIDER_LOG_LEVEL=debug\n' >"$root/etc/openbao-kms/environment"
  printf 'registry\n' >"$root/var/lib/openbao-kms/state/key-registry.json"
  id=$(inside id -u openbao-kms)
  chown "$id:$id" "$root/var/lib/openbao-kms/state/key-registry.json"
  chmod 600 "$root/var/lib/openbao-kms/state/key-registry.json"
  inside systemctl --quiet enable bao-kms-provider.service
  # As node-setup.sh for a socket group of the site's own.
  inside groupadd --system kube-apiserver
  printf 'd /run/openbao-kms 2750 openbao-kms kube-apiserver -\n' >"$root/etc/tmpfiles.d/bao-kms-provider-node.conf"
  inside chgrp kube-apiserver /run/openbao-kms
}

# The node is as configure_node() left it.
still_configured() {
  grep -qx 'configVersion: v1alpha1' "$root/etc/openbao-kms/config.yaml" || fail "the configuration is another"
  grep -qx registry "$root/var/lib/openbao-kms/state/key-registry.json" || fail "the state is another"
  expect /var/lib/openbao-kms/state/key-registry.json '600 openbao-kms:openbao-kms'
  expect /run/openbao-kms '2750 openbao-kms:kube-apiserver'
  there /etc/openbao-kms/tls/ca.crt
}

environment_kept() {
  grep -qx BAO_KMS_PROVIDER_LOG_LEVEL=debug "$root/etc/openbao-kms/environment" || fail "the environment file is not kept"
}

enabled() { [ "$(inside systemctl is-enabled bao-kms-provider.service 2>/dev/null)" = "$1" ] || fail "the unit is not $1"; }

# What every package makes.
users_and_directories() {
  [[ $(inside getent passwd openbao-kms) == *':OpenBao KMS provider:/nonexistent:/usr/sbin/nologin' ]] || fail "no such user"
  inside getent group openbao-kms-socket >/dev/null || fail "no group openbao-kms-socket"
  expect /run/openbao-kms '2750 openbao-kms:openbao-kms-socket'
  expect /etc/openbao-kms '750 root:openbao-kms'
  expect /etc/openbao-kms/tls '755 root:root'
  expect /etc/openbao-kms/environment '640 root:root'
  expect /var/lib/openbao-kms '750 root:openbao-kms'
  expect /var/lib/openbao-kms/state '750 openbao-kms:openbao-kms'
  expect /usr/bin/bao-kms-provider '755 root:root'
}

runs() {
  inside bao-kms-provider version >"$scratch/said" || fail "the installed program does not run"
}
