#!/usr/bin/env bash
# serves_in_root.sh KIND PROGRAM E2E-TESTS: PROGRAM, the release build, does what it has to with the root directory
# KIND (make_root.sh): start, find OpenBao by a name, log in, encrypt, decrypt, rotate, drain, wipe. The cases are
# those of E2E-TESTS, against a real OpenBao where there is one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
kind=$1 program=$2 e2e_tests=$3

skip() {
  echo "SKIP: $1"
  exit 0
}
[ -x "$program" ] || skip "no release build: cmake --preset release && cmake --build build/release"
[ "$(id -u)" -eq 0 ] || skip "needs root"
unshare --mount true 2>/dev/null || skip "mounting is not permitted here"

BAOKMS_ROOTS=$(mktemp -d)
trap 'rm -rf "$BAOKMS_ROOTS"' EXIT
export BAOKMS_ROOTS
root=$(./make_root.sh "$kind")
export BAOKMS_ROOT=$root BAOKMS_ROOT_PROGRAM=$program BAOKMS_PROVIDER=$PWD/run_in_root.sh

"$BAOKMS_PROVIDER" version

# Each must match, or a case that was renamed would pass unseen.
cases=(
  "Life: it starts and answers Status and Encrypt and Decrypt"
  "Life: SIGTERM unlinks the socket and exits 0"
  "Names: OpenBao is found by a name that only /etc/hosts has"
  "Names: OpenBao is found by a name that only the name server has"
  "Memory: after the answers no copy of a plaintext or of the JWT is left"
  "OAuth2: without caCertFile the roots of the system are trusted"
  "Rotation: under load the key_id changes once and no call fails"
)
target=emulator
[ ! -x "$(command -v "${BAOKMS_OPENBAO:-bao}")" ] || target=openbao
for case in "${cases[@]}"; do
  output=$(BAOKMS_E2E_TARGET=$target "$e2e_tests" --test-case="$case" 2>&1) || {
    echo "$output"
    echo "failed in the root '$kind' against $target: $case"
    exit 1
  }
  ! grep -q '^SKIP:' <<<"$output" || { echo "$output" && exit 1; }
  grep -Eq 'test cases: +[1-9]' <<<"$output" || { echo "no such case: $case" && exit 1; }
  echo "ok: $case ($target)"
done
