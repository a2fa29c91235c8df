#!/usr/bin/env bash
# bench.sh [--quick]: builds the provider of the default preset and measures it with kms_bench, on the
# emulator and on a real OpenBao (`bao` on PATH or BAOKMS_OPENBAO) when there is one: tables here, JSON
# in build/bench. Then the micro-benchmarks, when google-benchmark is installed (install-deps.sh bench).
# docs/performance.md says what the figures mean. --quick: fewer and shorter rounds.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. scripts/steps.sh
rounds=(--rounds 15 --cell-ms 120 --idle-seconds 10)
micro=0.2
case "${1:-}" in
  "") ;;
  --quick)
    rounds=(--rounds 5 --cell-ms 50 --idle-seconds 3 --system-calls 200 --restarts 1)
    micro=0.02
    ;;
  *)
    echo "usage: bench.sh [--quick]" >&2
    exit 2
    ;;
esac

build=build/default
results=$root/build/bench
step_logs=$root/$build/logs
mkdir -p "$results" "$step_logs"
began=$(now_ms)

use_ccache
[ -f "$build/build.ninja" ] || step configure cmake --preset default
targets=(bao-kms-provider kms_bench)
if grep -q '^build micro_benchmarks:' "$build/build.ninja"; then targets+=(micro_benchmarks); fi
step build cmake --build "$build" --parallel "$(build_jobs)" --target "${targets[@]}"

measure() {
  echo
  "$build/bin/kms_bench" --server "$1" "${rounds[@]}" --json "$results/$1.json"
}

measure emulator
if [ -n "${BAOKMS_OPENBAO:-}" ] || command -v bao >/dev/null; then
  measure openbao
else
  echo
  echo "openbao: not measured, no 'bao' on PATH and none in BAOKMS_OPENBAO"
fi

echo
if [[ " ${targets[*]} " == *" micro_benchmarks "* ]]; then
  "$build/bin/micro_benchmarks" --benchmark_min_time="$micro" --benchmark_out="$results/micro.json" \
    --benchmark_out_format=json 2>/dev/null
else
  echo "micro-benchmarks: not built; they need scripts/install-deps.sh bench and cmake --preset default"
fi
echo
echo "JSON: build/bench. All steps: $(seconds_since "$began")"
