#!/usr/bin/env bash
# test.sh [--nightly] [--kubernetes VERSION] [--openbao PROGRAM] [-- CTEST-ARGUMENT...]: installs what is needed, builds
# the default preset and, of the full one, what its logins need; runs every test of the first and the tests of those
# logins. With --nightly also the tests that take minutes and those of a release, for which it builds the release
# presets and tests-arm64. Re-runnable, as root or as a user with sudo. BAOKMS_OPENBAO names an OpenBao program for the tests against the
# real server (else `bao` on PATH; without one those tests are skipped and listed).
#
# Other versions (scripts/compatibility.sh keeps the results): --kubernetes 1.36.3 builds and runs only the tests that
# start a kube-apiserver, with that version's (scripts/kube-apiserver.sh); --openbao PROGRAM only those of the default
# preset that start an OpenBao, with that program. What follows -- is for ctest.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. scripts/steps.sh
groups=(build libraries test-libraries tests quickstart pkcs11)
kubernetes=
only=()
targets=()
while [ $# -gt 0 ]; do
  case "$1" in
    --nightly)
      export BAOKMS_NIGHTLY=1
      ;;
    --kubernetes)
      kubernetes=${2:?test.sh: --kubernetes needs a version, as 1.36.3}
      only+=('^kubernetes/' '^kubeapiserver: ')
      targets+=(kubernetes_tests kubeapiserver)
      shift
      ;;
    --openbao)
      BAOKMS_OPENBAO=$(realpath -e "${2:?test.sh: --openbao needs a program}")
      only+=('^contract/openbao' '^e2e/openbao')
      targets+=(contract_tests e2e_tests)
      shift
      ;;
    --)
      shift
      break
      ;;
    *)
      echo "usage: test.sh [--nightly] [--kubernetes VERSION] [--openbao PROGRAM] [-- CTEST-ARGUMENT...]" >&2
      exit 2
      ;;
  esac
  shift
done
if [ "${BAOKMS_NIGHTLY:-0}" = 1 ] && [ ${#only[@]} -eq 0 ]; then groups+=(cross image machine release); fi

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
if [ "${BAOKMS_NIGHTLY:-0}" = 1 ] && { [ ${#only[@]} -eq 0 ] || [ -n "$kubernetes" ]; }; then
  step build-nightly-programs cmake --build "$build" --target nightly_programs --parallel "$(build_jobs)"
fi
if [ ${#only[@]} -gt 0 ]; then
  step build cmake --build "$build" --target "${targets[@]}" --parallel "$(build_jobs)"
  if [ -n "$kubernetes" ]; then
    step kube-apiserver scripts/kube-apiserver.sh "$kubernetes"
    BAOKMS_KUBEAPISERVER=$(scripts/kube-apiserver.sh "$kubernetes")
    export BAOKMS_KUBEAPISERVER
  fi
  exec scripts/run-tests.sh "$build" "$began" --tests-regex "$(IFS='|' && echo "${only[*]}")" "$@"
fi
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
scripts/run-tests.sh "$full" "$(now_ms)" --label-regex '^logins$' "$@" || code=$?
echo
echo "The default build:"
scripts/run-tests.sh "$build" "$began" "$@" || code=$?
exit "$code"
