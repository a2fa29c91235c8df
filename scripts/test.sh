#!/usr/bin/env bash
# Installs what is needed, builds the default preset and runs every test. Re-runnable, as root or as
# a user with sudo. BAOKMS_OPENBAO names an OpenBao program for the tests against the real server
# (else `bao` on PATH; without one those tests are skipped and listed).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. scripts/steps.sh

build=build/default
step_logs=$root/$build/logs
mkdir -p "$step_logs"
began=$(now_ms)

step install scripts/install-deps.sh
use_ccache
if [ -z "${BAOKMS_OPENBAO:-}" ] && command -v bao >/dev/null; then
  BAOKMS_OPENBAO=$(command -v bao)
fi
export BAOKMS_OPENBAO=${BAOKMS_OPENBAO:-}
step configure cmake --preset default
step build cmake --build "$build" --parallel "$(build_jobs)"
exec scripts/run-tests.sh "$build" "$began"
