#!/usr/bin/env bash
# contents_test.sh PACKAGES SOURCE ARCHITECTURE: what PACKAGES/first/*.{deb,rpm,tar.gz} for ARCHITECTURE, amd64 or arm64,
# contain and ask for: these files with these modes and no others, all of them root's, no script that shellcheck complains
# about, and a program for that processor that says its version (of another one, under QEMU).
set -euo pipefail
packages=$1/first source=$2 architecture=$3
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

fail() {
  echo "FAILED: $1" >&2
  exit 1
}
[ -d "$packages" ] || { echo "SKIP: no packages: cmake --preset release && cmake --build build/release" && exit; }
for tool in dpkg-deb rpm shellcheck; do
  command -v "$tool" >/dev/null || { echo "SKIP: no $tool: scripts/install-deps.sh tests release" && exit; }
done
case "$architecture" in
  amd64) rpm_architecture=x86_64 machine='Advanced Micro Devices X86-64' ;;
  arm64) rpm_architecture=aarch64 machine=AArch64 ;;
  *) fail "unknown architecture $architecture" ;;
esac
emulator=()
if [ "$architecture" != "$(dpkg --print-architecture)" ]; then
  ls "$packages"/*_"$architecture".deb >/dev/null 2>&1 ||
    { echo "SKIP: no packages for $architecture: cmake --preset release-$architecture && cmake --build build/release-$architecture" && exit; }
  emulator=("qemu-$rpm_architecture-static")
  command -v "${emulator[0]}" >/dev/null || { echo "SKIP: no ${emulator[0]}: scripts/install-deps.sh cross" && exit; }
fi
deb=$(echo "$packages"/bao-kms-provider_*_"$architecture".deb)
rpm=$(echo "$packages"/bao-kms-provider-*."$rpm_architecture".rpm)
tarball=$(echo "$packages"/bao-kms-provider-*-linux-"$architecture".tar.gz)
same() { diff -u "$1" "$2" || fail "$3"; }

doc=/usr/share/doc/bao-kms-provider
LC_ALL=C sort >"$scratch/expected" <<END
-rw-r----- /etc/openbao-kms/environment
-rwxr-xr-x /usr/bin/bao-kms-provider
-rw-r--r-- /usr/lib/systemd/system/bao-kms-provider.service
-rw-r--r-- /usr/lib/sysusers.d/bao-kms-provider.conf
-rw-r--r-- /usr/lib/tmpfiles.d/bao-kms-provider.conf
-rwxr-xr-x /usr/share/bao-kms-provider/rewrite-objects.sh
-rw-r--r-- /usr/share/bash-completion/completions/bao-kms-provider
-rw-r--r-- $doc/CHANGELOG.md
-rw-r--r-- $doc/LICENSE
-rw-r--r-- $doc/apparmor/bao-kms-provider
-rw-r--r-- $doc/copyright
-rw-r--r-- $doc/examples/README.md
-rw-r--r-- $doc/examples/systemd/addresses.conf
-rw-r--r-- $doc/examples/systemd/environment
-rw-r--r-- $doc/examples/systemd/pkcs11.conf
-rw-r--r-- $doc/examples/systemd/spiffe.conf
-rw-r--r-- $doc/examples/values-cert.yaml
-rw-r--r-- $doc/examples/values-static-pod.yaml
-rw-r--r-- $doc/examples/values-systemd.yaml
-rw-r--r-- $doc/grafana/bao-kms-provider.json
-rw-r--r-- $doc/prometheus/alerts.rules.yaml
-rw-r--r-- $doc/prometheus/recording.rules.yaml
-rw-r--r-- $doc/third-party-licenses.txt
-rw-r--r-- /usr/share/fish/vendor_completions.d/bao-kms-provider.fish
-rw-r--r-- /usr/share/man/man5/bao-kms-provider.yaml.5
-rw-r--r-- /usr/share/man/man8/bao-kms-provider.8
-rw-r--r-- /usr/share/zsh/site-functions/_bao-kms-provider
END

# The three packages have the same files. tar lists "MODE OWNER SIZE DATE TIME NAME".
dpkg-deb --fsys-tarfile "$deb" | tar --list --verbose --file - >"$scratch/deb"
tar --list --verbose --file "$tarball" >"$scratch/tar"
for kind in deb tar; do
  [ "$(awk '$2 != "root/root"' "$scratch/$kind")" = "" ] || fail "the $kind has files that are not root's"
  [ "$(awk '/^d/ && $1 != "drwxr-xr-x"' "$scratch/$kind")" = "" ] || fail "the $kind has directories of another mode"
  awk '!/^d/ {sub(/^\.?[^\/]*/, "", $6); print $1, $6}' "$scratch/$kind" | LC_ALL=C sort >"$scratch/list"
  same "$scratch/expected" "$scratch/list" "the $kind has other files"
done
rpm --query --package --queryformat '[%{FILEMODES:perms} %{FILENAMES} %{FILEUSERNAME} %{FILEGROUPNAME}\n]' "$rpm" >"$scratch/rpm"
[ "$(awk '$3 != "root" || $4 != "root"' "$scratch/rpm")" = "" ] || fail "the rpm has files that are not root's"
awk '!/^d/ {print $1, $2}' "$scratch/rpm" | LC_ALL=C sort >"$scratch/list"
same "$scratch/expected" "$scratch/list" "the rpm has other files"
# Directories of the system belong to other packages, and /etc/openbao-kms to tmpfiles.d.
awk -v "doc=$doc" '/^d/ && index($2, doc) != 1 && $2 != "/usr/share/bao-kms-provider"' "$scratch/rpm" | grep . && fail "the rpm has directories that are not its own"
echo "ok: files"

# The same bytes in all three, and where an administrator may change something.
mkdir "$scratch"/{control,deb_files,rpm_files,tar_files}
dpkg-deb --extract "$deb" "$scratch/deb_files"
(cd "$scratch/rpm_files" && rpm2cpio "$rpm" | cpio --quiet --extract --make-directories)
tar --extract --file "$tarball" --directory "$scratch/tar_files" --strip-components=1
diff -r "$scratch/deb_files" "$scratch/rpm_files" || fail "the .deb and the .rpm differ"
diff -r "$scratch/deb_files" "$scratch/tar_files" || fail "the .deb and the tarball differ"
dpkg-deb --control "$deb" "$scratch/control"
[ "$(cat "$scratch/control/conffiles")" = /etc/openbao-kms/environment ] || fail "other conffiles"
[ "$(rpm --query --package --configfiles "$rpm")" = /etc/openbao-kms/environment ] || fail "other configuration files in the rpm"
[ "$(rpm --query --package --queryformat '[%{FILEFLAGS:fflags} %{FILENAMES}\n]' "$rpm" | awk '$1 == "cn" {print $2}')" = \
  /etc/openbao-kms/environment ] || fail "rpm would replace the administrator's file"
(cd "$scratch/deb_files" && md5sum --quiet --check "$scratch/control/md5sums") || fail "wrong md5sums"
echo "ok: contents"

field() { dpkg-deb --field "$deb" "$1"; }
[ "$(field Package)" = bao-kms-provider ] || fail "another name"
[ "$(field Architecture)" = "$architecture" ] || fail "architecture $(field Architecture)"
[ "$(rpm --query --package --queryformat '%{ARCH} %{OS}' "$rpm")" = "$rpm_architecture linux" ] || fail "another architecture in the rpm"
[ "$(field Depends)" = ca-certificates ] || fail "depends on $(field Depends)"
[ "$(field Section) $(field Maintainer)" = "admin bao-kms-provider developers" ] || fail "other fields"
for field in Conflicts Replaces Provides Pre-Depends Recommends; do
  [ -z "$(field "$field")" ] || fail "the .deb has the field $field"
done
requires=$(rpm --query --package --requires "$rpm" | grep -v '^rpmlib(' | sort -u | tr '\n' ' ')
[ "$requires" = "/bin/sh ca-certificates " ] || fail "the .rpm requires $requires"
[ "$(rpm --query --package --queryformat '%{NAME} %{LICENSE} %{BUILDHOST}' "$rpm")" = "bao-kms-provider Apache-2.0 localhost" ] ||
  fail "other tags of the rpm"
version=$(sed -nE 's/^project\(bao-kms-provider VERSION ([0-9.]+) .*/\1/p' "$source/CMakeLists.txt")
[[ $(field Version) == "$version"* ]] || fail "version $(field Version)"
[ "$(rpm --query --package --queryformat '%{VERSION}' "$rpm")" = "$(field Version)" ] || fail "the packages have two versions"
program=$scratch/deb_files/usr/bin/bao-kms-provider
[ "$(LC_ALL=C readelf --file-header "$program" | sed -n 's/^ *Machine: *//p')" = "$machine" ] || fail "a program for another processor"
"${emulator[@]}" "$program" version >"$scratch/said" || fail "the program does not run"
grep -qx "version: v$version" "$scratch/said" || fail "the program says another version: $(cat "$scratch/said")"
echo "ok: metadata"

shellcheck "$scratch"/control/{postinst,prerm,postrm} || fail "a script of the .deb"
for script in "$source"/deploy/packages/rpm/*; do shellcheck --shell=sh "$script" || fail "a script of the .rpm"; done
rpm --query --package --scripts "$rpm" >"$scratch/scripts"
for script in "$source"/deploy/packages/rpm/*; do
  grep -qxF "$(grep -m 1 '^#' "$script")" "$scratch/scripts" || fail "the .rpm lacks $(basename "$script")"
done
shellcheck "$scratch/deb_files/usr/share/bao-kms-provider/rewrite-objects.sh" || fail "rewrite-objects.sh"
for page in man5/bao-kms-provider.yaml.5 man8/bao-kms-provider.8; do
  [ "$(head -c 3 "$scratch/deb_files/usr/share/man/$page")" != "" ] || fail "$page is empty"
done
! grep -q "^EnvironmentFile=/" "$scratch/deb_files/usr/lib/systemd/system/bao-kms-provider.service" || fail "the unit needs the environment file"
echo "ok: scripts"
