#!/usr/bin/env bash
# test.sh [--nightly]: installs what is needed, builds the default preset and, of the full one, what
# its logins need; runs every test of the first and the tests of those logins. With --nightly also the
# tests that take minutes and those of a release, for which it builds the release presets and tests-arm64. Re-runnable,
# as root or as a user with sudo. BAOKMS_OPENBAO names an OpenBao program for the tests against the real
# server (else `bao` on PATH; without one those tests are skipped and listed).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. scripts/steps.sh
groups=(build libraries test-libraries tests quickstart pkcs11)
case "${1:-}" in
  "") ;;
  --nightly)
    export BAOKMS_NIGHTLY=1
    groups+=(cross image machine release)
    ;;
  *)
    echo "usage: test.sh [--nightly]" >&2
    exit 2
    ;;
esac

build=build/default
full=build/full
step_logs=$root/$build/logs
mkdir -p "$step_logs"
began=$(now_ms)

step install scripts/install-deps.sh "${groups[@]}"
use_ccache
if [ -z "${BAOKMS_OPENBAO:-}" ] && command -v bao >/dev/null; then
  BAOKMS_OPENBAO=$(command -v bao)
fi
export BAOKMS_OPENBAO=${BAOKMS_OPENBAO:-}
step configure cmake --preset default
step build cmake --build "$build" --parallel "$(build_jobs)"
step configure-full cmake --preset full
step build-full cmake --build "$full" --target login_tests --parallel "$(build_jobs)"
if [ "${BAOKMS_NIGHTLY:-0}" = 1 ]; then
  for preset in release release-pkcs11 release-arm64 tests-arm64; do
    step "configure-$preset" cmake --preset "$preset"
    step "build-$preset" cmake --build --preset "$preset" --parallel "$(build_jobs)"
  done
fi
slowest_files "$build"

code=0
echo
echo "The logins that only the full build has:"
scripts/run-tests.sh "$full" "$(now_ms)" --label-regex '^logins$' || code=$?
echo
echo "The default build:"
scripts/run-tests.sh "$build" "$began" || code=$?
exit "$code"
