#!/usr/bin/env bash
# make_root.sh KIND: a root directory to run the release program in; its path is printed. KIND is
#   debian, fedora, suse: nothing but /etc, with the system's CAs where those distributions keep them, and an
#     nsswitch.conf as theirs; made anew in DIRECTORY of BAOKMS_ROOTS
#   bullseye, bookworm, trixie: that Debian, by debootstrap, kept in ~/.cache; minutes the first time
# nsswitch.conf always names modules before "files" and "dns" that a static program must not load, and openssl.cnf a
# provider that is not there.
set -euo pipefail

fail() {
  echo "make_root: $1" >&2
  exit 1
}

name_services() {
  cat <<'EOF'
passwd: systemd sss files
group: systemd sss files
shadow: sss files
hosts: myhostname mymachines resolve [!UNAVAIL=return] files dns
services: sss files
EOF
}

openssl_configuration() {
  cat <<'EOF'
config_diagnostics = 1
openssl_conf = everything
[everything]
providers = providers
[providers]
foreign = foreign
[foreign]
module = /usr/lib/ossl-modules/foreign.so
activate = 1
EOF
}

empty_root() {
  local root=$1 place=$2
  mkdir -p "$root/etc" "$root/tmp"
  printf 'root:x:0:0:root:/root:/sbin/nologin\n' >"$root/etc/passwd"
  printf 'root:x:0:\n' >"$root/etc/group"
  : >"$root/etc/hosts"
  : >"$root/etc/resolv.conf"
  mkdir -p "$root/$(dirname "$place")"
  : >"$root/$place"
}

debian_root() {
  local suite=$1
  local roots=${XDG_CACHE_HOME:-$HOME/.cache}/bao-kms-provider/roots
  root=$roots/$suite-release
  mkdir -p "$roots"
  exec 9>"$roots/.$suite-release.lock"
  flock 9
  [ ! -d "$root" ] || return 0
  command -v debootstrap >/dev/null || fail "debootstrap is missing; run scripts/install-deps.sh release"
  rm -rf -- "$root.new"
  debootstrap --variant=minbase --include=ca-certificates,libnss-myhostname "$suite" "$root.new" \
    "${BAOKMS_DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$root.log" 2>&1 </dev/null ||
    fail "debootstrap failed: $(tail -n 3 "$root.log")"
  rm -rf -- "$root.new"/var/cache/apt/archives/*.deb "$root.new"/var/lib/apt/lists/*
  touch "$root.new/etc/hosts" "$root.new/etc/resolv.conf"
  mv -- "$root.new" "$root"
}

root=${BAOKMS_ROOTS:-}/${1:-}
case "${1:-}" in
  debian) empty_root "$root" etc/ssl/certs/ca-certificates.crt ;;
  fedora)
    empty_root "$root" etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
    mkdir -p "$root/etc/pki/tls/certs"
    ln -sf /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem "$root/etc/pki/tls/certs/ca-bundle.crt"
    ;;
  suse)
    empty_root "$root" var/lib/ca-certificates/ca-bundle.pem
    mkdir -p "$root/etc/ssl"
    ln -sf /var/lib/ca-certificates/ca-bundle.pem "$root/etc/ssl/ca-bundle.pem"
    ;;
  bullseye | bookworm | trixie) debian_root "$1" ;;
  *) fail "usage: make_root.sh debian|fedora|suse|bullseye|bookworm|trixie" ;;
esac
# OpenSSL's folder, as Debian builds it.
mkdir -p "$root/usr/lib/ssl"
rm -f "$root/usr/lib/ssl/openssl.cnf"
openssl_configuration >"$root/usr/lib/ssl/openssl.cnf"
name_services >"$root/etc/nsswitch.conf"
echo "$root"
