#!/usr/bin/env bash
# on_arm64.sh BUILD PROGRAM [SERVER]: every case of PROGRAM, a test program of BUILD of the preset tests-arm64, passes under
# QEMU. SERVER is what contract_tests talk to: emulator, or openbao, which runs as what this machine is.
set -euo pipefail
program=$1/bin/$2 server=${3:-}

skip() {
  echo "SKIP: $1"
  exit 0
}
[ -x "$program" ] || skip "no build for arm64: cmake --preset tests-arm64 && cmake --build --preset tests-arm64"
command -v qemu-aarch64-static >/dev/null || skip "no qemu-aarch64-static: scripts/install-deps.sh cross"
if [ "$server" = openbao ] && ! command -v "${BAOKMS_OPENBAO:-bao}" >/dev/null; then
  skip "no OpenBao server program: put bao on PATH or set BAOKMS_OPENBAO"
fi

output=$(mktemp)
trap 'rm -f -- "$output"' EXIT
code=0
BAOKMS_CONTRACT_TARGET=$server qemu-aarch64-static "$program" --no-colors=true >"$output" 2>&1 || code=$?
tail -n 100 "$output" | grep -v '^SKIP:' || true # one case that skips is not the suite
grep '^SKIP:' "$output" | sed 's/^SKIP:/left out:/' | sort | uniq -c || true
[ "$code" -eq 0 ] || exit "$code"
grep -Eq '^\[doctest\] test cases: +[1-9]' "$output" || { echo "no case ran" && exit 1; }
