#!/usr/bin/env bash
# run_in_root.sh [ARGUMENT...]: the program BAOKMS_ROOT_PROGRAM with BAOKMS_ROOT as its root directory, in place of this
# process: same id, same signals. As BAOKMS_PROVIDER of a test it makes the provider live there. Of this system it sees
# the folder for temporary files, where tests put its configuration, state and socket, and, as they are at this moment
# here, /etc/hosts, /etc/resolv.conf and the CAs. /proc only where the root has that folder.
set -euo pipefail

if [ "${1:-}" != --mounts-of-its-own ]; then
  exec unshare --mount --propagation slave "$0" --mounts-of-its-own "$@"
fi
shift
root=$BAOKMS_ROOT
temporary=${TMPDIR:-/tmp}

mount --bind "$root" "$root"
: >"$root/bao-kms-provider"
mount --bind "$BAOKMS_ROOT_PROGRAM" "$root/bao-kms-provider"
mkdir -p "$root$temporary"
mount --bind "$temporary" "$root$temporary"
mount --bind /etc/hosts "$root/etc/hosts"
mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
for place in /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /var/lib/ca-certificates/ca-bundle.pem \
  /etc/ssl/certs/ca-certificates.crt; do
  if [ -f "$root$place" ] && [ ! -L "$root$place" ]; then
    mount --bind /etc/ssl/certs/ca-certificates.crt "$root$place"
    break
  fi
done
[ ! -d "$root/proc" ] || mount --bind /proc "$root/proc"
exec unshare --root="$root" --wd=/ /bao-kms-provider "$@"
