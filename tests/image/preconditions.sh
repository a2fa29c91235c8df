# Sourced by the scripts here: what each of them needs, and a folder that goes when it ends. Sets script, builds, build
# (the first of them) and work. IMAGE-SCRIPT RELEASE-BUILD [RELEASE-BUILD-FOR-ARM64]
# shellcheck shell=bash
# shellcheck disable=SC2034 # for who sources this
script=$1 build=$2 builds=("${@:2}")

skip() {
  echo "SKIP: $1"
  exit 0
}
[ -x "$build/bin/bao-kms-provider" ] || skip "no release build: cmake --preset release && cmake --build build/release"
if [ ${#builds[@]} -gt 1 ]; then
  [ -x "${builds[1]}/bin/bao-kms-provider" ] ||
    skip "no release build for arm64: cmake --preset release-arm64 && cmake --build build/release-arm64"
  command -v qemu-aarch64-static >/dev/null || skip "qemu-aarch64-static is missing: scripts/install-deps.sh cross"
fi
command -v buildah >/dev/null || skip "buildah is missing: scripts/install-deps.sh image"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
