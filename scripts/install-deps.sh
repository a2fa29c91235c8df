#!/usr/bin/env bash
# Installs what scripts/packages.txt lists for Debian 12: install-deps.sh [GROUP...]
# (default: build libraries test-libraries tests quickstart). As root, or as a user with sudo. When everything is
# there already, apt is not called at all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

groups=("$@")
[ $# -gt 0 ] || groups=(build libraries test-libraries tests quickstart)

fail() {
  echo "install-deps: $1" >&2
  exit 1
}

command -v dpkg-query >/dev/null || fail "this is no Debian system; install the packages of $PWD/packages.txt by hand"

wanted=()
for group in "${groups[@]}"; do
  mapfile -t packages < <(awk -v g="$group" '$1 == g {print $2}' packages.txt)
  [ ${#packages[@]} -gt 0 ] || fail "no such group in packages.txt: $group"
  wanted+=("${packages[@]}")
done

missing=()
installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' | awk '$1 == "installed" {print $2}')
for package in "${wanted[@]}"; do
  grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "install-deps: all ${#wanted[@]} packages are installed"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "not root and no sudo; as root run: apt-get install ${missing[*]}"
  as_root=(sudo)
fi

apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

# Tests start the servers that they need, on loopback. The service of a package that is installed here for them
# (Prometheus listens on every address) is neither started now nor at the next boot.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  "${as_root[@]}" sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 0755 $policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi

echo "install-deps: installing ${missing[*]}"
apt update || fail "'apt-get update' failed; is a Debian mirror reachable?"
apt install -y --no-install-recommends "${missing[@]}" ||
  fail "'apt-get install' failed; Debian 12 (bookworm) has all of these packages"

if command -v systemctl >/dev/null; then
  mapfile -t units < <(dpkg -L "${missing[@]}" | sed -n 's#^/lib/systemd/system/\([a-z0-9-]*\.service\)$#\1#p')
  for unit in "${units[@]}"; do
    "${as_root[@]}" systemctl disable "$unit" >/dev/null 2>&1 || true # some have nothing to disable
  done
fi
