#!/usr/bin/env bash
# unit_checks.sh CASE PROGRAM: what can be said about the files of deploy/systemd without booting them.
#   verify    systemd reads the unit, alone and with each drop-in, without a complaint
#   security  the unit's exposure score (systemd-analyze security) is at most 1.5, alone and with drop-ins
#   users     sysusers and tmpfiles make the users and directories that node-setup.sh makes (root)
set -euo pipefail
files=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../deploy/systemd" && pwd)
case=$1
program=$2

for tool in systemd-analyze systemd-sysusers systemd-tmpfiles; do
  command -v "$tool" >/dev/null || { echo "SKIP: no $tool: install the package systemd" && exit; }
done
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

fail() {
  echo "$1" >&2
  exit 1
}

# unit_with [DROP-IN]: the unit, with the program of this build, and at most one drop-in.
unit_with() {
  rm -rf -- "${scratch:?}"/*
  sed "s#/usr/bin/bao-kms-provider#$program#" "$files/bao-kms-provider.service" >"$scratch/bao-kms-provider.service"
  [ $# -eq 0 ] || install -D -m 0644 "$1" "$scratch/bao-kms-provider.service.d/site.conf"
}

verify() {
  local complaints
  unit_with "$@"
  complaints=$(systemd-analyze verify --man=no "$scratch/bao-kms-provider.service" 2>&1) ||
    fail "systemd-analyze verify failed ($*): $complaints"
  # Other units of this machine are not our concern.
  ! grep -F bao-kms-provider <<<"$complaints" || fail "systemd complains about the unit ($*)"
}

score() {
  unit_with "$@"
  systemd-analyze security --no-pager --offline=true --threshold=15 "$scratch/bao-kms-provider.service" \
    >"$scratch/score" || fail "the score is above 1.5 ($*): $(grep -v '✓' "$scratch/score")"
  tail -n 1 "$scratch/score"
}

# expect PATH MODE-AND-OWNER
expect() {
  local found
  found=$(chroot_stat "$1")
  [ "$found" = "$2" ] || fail "$1 is '$found', not '$2'"
}

# Mode, user and group of a path below the scratch directory, by the names that are there.
chroot_stat() {
  local mode uid gid
  read -r mode uid gid < <(stat -c '%a %u %g' -- "$scratch$1")
  printf '%s %s:%s' "$mode" "$(name_of passwd "$uid")" "$(name_of group "$gid")"
}

name_of() { awk -F : -v id="$2" '$3 == id {print $1}' "$scratch/etc/$1"; }

users() {
  [ "$(id -u)" -eq 0 ] || { echo "SKIP: needs root" && exit; }
  mkdir -p "$scratch"/{etc,run,var/lib}
  echo 'root:x:0:0::/root:/bin/sh' >"$scratch/etc/passwd"
  echo 'root:x:0:' >"$scratch/etc/group"
  systemd-sysusers --root="$scratch" "$files/bao-kms-provider.sysusers"
  systemd-tmpfiles --root="$scratch" --create "$files/bao-kms-provider.tmpfiles"
  grep -Eq '^openbao-kms:x:[0-9]+:[0-9]+:OpenBao KMS provider:/nonexistent:/usr/sbin/nologin$' \
    "$scratch/etc/passwd" || fail "no such user: $(cat "$scratch/etc/passwd")"
  expect /run/openbao-kms '2750 openbao-kms:openbao-kms-socket'
  expect /etc/openbao-kms '750 root:openbao-kms'
  expect /etc/openbao-kms/tls '755 root:root'
  expect /var/lib/openbao-kms '750 root:openbao-kms'
  expect /var/lib/openbao-kms/state '750 openbao-kms:openbao-kms'
}

case $case in
  verify | security)
    check=$case
    [ "$check" = verify ] || check=score
    "$check"
    for drop_in in "$files"/drop-ins/*.conf; do "$check" "$drop_in"; done
    ;;
  users) users ;;
  *) fail "no such case: $case" ;;
esac
