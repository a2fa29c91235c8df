# Sourced by the scripts here: what each of them needs, and a folder that goes when it ends. Sets script, build and work.
# IMAGE-SCRIPT RELEASE-BUILD
# shellcheck shell=bash
# shellcheck disable=SC2034 # for who sources this
script=$1 build=$2

skip() {
  echo "SKIP: $1"
  exit 0
}
[ -x "$build/bin/bao-kms-provider" ] || skip "no release build: cmake --preset release && cmake --build build/release"
command -v buildah >/dev/null || skip "buildah is missing: scripts/install-deps.sh image"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
